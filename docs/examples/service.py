"""A web service that draws: `PUBLIC_URL=https://me.example uvicorn service:app`."""

import os
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from tintype import AsyncClient, ImageRequest, TintypeError
from tintype.webhooks import WebhookApp

PROVIDER = "apimodels"  # one that calls back
HOOK = f"{os.environ['PUBLIC_URL']}/hooks/{PROVIDER}"
client = AsyncClient(journal="pictures.db")


@asynccontextmanager
async def lifespan(_):
    async with client:
        await client.resume("pictures")  # what an earlier process paid for
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/hooks", WebhookApp(client, lambda task: client.save(task, "pictures")))


@app.post("/pictures", status_code=202)
async def begin(prompt: str):
    try:
        task = await client.submit(ImageRequest(prompt=prompt, webhook_url=HOOK), provider=PROVIDER)
    except TintypeError as error:
        raise HTTPException(502, {"error": str(error), "billed": error.billed}) from error
    return {"id": task.id, "state": task.state}


@app.get("/pictures/{task}")
def tell(task: str):
    if (found := client.journal.find(PROVIDER, task)) is None or found.task is None:
        raise HTTPException(404, "no such picture")
    files = [file.path for file in found.saved.values() if file.done]
    return {"state": found.task.state, "billed": found.billed, "files": files}
