"""Rows against other clients: everyone asks the same server, which is a process of its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import urllib3
from tests.benchmarks import ours
from tests.benchmarks.measuring import Block, Raw, Size, alternated, at_once, timed
from tests.benchmarks.server import serving

Work = Callable[[], Awaitable[object]]
BARE = "bare aiohttp"  # the same exchanges, their answers decoded, and nothing else
_LOOKS = 3
_MODEL = "black-forest-labs/flux-schnell"
_IMAGE_MODEL = "seedream-5-0-260128"
_TEXT_OF_1_MB = 786_432  # a picture that is 1 MiB in base64
_SMALL = 4_608  # 6 KiB in base64


def _compared(size: Size, runner: asyncio.Runner, works: dict[str, Work], count: int) -> Raw:
    width = size.of(size.crowd)
    count = max(size.of(count), 2 * width if width > size.of(10) else 0)
    sides: dict[str, Block] = {
        name: at_once(runner, work, count, width) for name, work in works.items()
    }
    return alternated(size, timed(sides, count))


# ------------------------------------------------------------------------ bare HTTP


def async_task(size: Size) -> Raw:
    """Submit, three looks, parse: `generate`, 100 at once, beside bare aiohttp."""
    with serving() as server, asyncio.Runner() as runner:
        kind = f"replicate-{_LOOKS}"
        client = ours.awaited("replicate", kind, server.first)
        session = runner.run(_session())
        url = f"{server.first}/{kind}/v1"

        async def bare() -> object:
            return await _predicted(session, url)

        async def drawn() -> object:
            return await client.generate(ours.ASKED, provider="replicate")

        count = size.of(200)
        sides = {
            "tintype": at_once(runner, drawn, count, size.of(100)),
            "aiohttp": at_once(runner, bare, count, size.of(100)),
        }
        found = alternated(size, timed(sides, count))
        runner.run(session.close())
        runner.run(client.close())
    return found


async def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


async def _told(answering: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> Any:
    async with answering as answer:
        return await answer.json()


async def _predicted(session: aiohttp.ClientSession, url: str) -> object:
    """A prediction of Replicate's, by bare aiohttp."""
    asked = {"input": {"prompt": "a cat"}}
    found = await _told(session.post(f"{url}/models/{_MODEL}/predictions", json=asked))
    while found["status"] != "succeeded":
        await asyncio.sleep(ours.PAUSE)
        found = await _told(session.get(f"{url}/predictions/{found['id']}"))
    return found["output"]


def sync_task(size: Size) -> Raw:
    """The same with blocking calls, one after the other, beside bare urllib3."""
    with serving() as server, urllib3.PoolManager() as pool:
        kind = f"replicate-{_LOOKS}"
        url, count = f"{server.first}/{kind}/v1", size.of(20)

        def bare() -> None:
            asked = {"input": {"prompt": "a cat"}}
            for _ in range(count):
                found = pool.request("POST", f"{url}/models/{_MODEL}/predictions", json=asked)
                told = found.json()
                while told["status"] != "succeeded":
                    time.sleep(ours.PAUSE)
                    told = pool.request("GET", f"{url}/predictions/{told['id']}").json()

        with ours.sync("replicate", kind, server.first) as client:

            def drawn() -> None:
                for _ in range(count):
                    client.generate(ours.ASKED, provider="replicate")

            return alternated(size, timed({"tintype": drawn, "urllib3": bare}, count))


# ----------------------------------------------------------------- others' clients


def _beside_openai(size: Size, kind: str, count: int) -> Raw:
    from openai import AsyncOpenAI, DefaultAioHttpClient

    with serving() as server, asyncio.Runner() as runner:
        client = ours.awaited("apiyi", kind, server.first)
        base = f"{server.first}/{kind}/v1"
        asked: dict[str, Any] = {"model": _IMAGE_MODEL, "prompt": "a cat"}
        plain = AsyncOpenAI(api_key="k", base_url=base)
        quick = AsyncOpenAI(api_key="k", base_url=base, http_client=DefaultAioHttpClient())
        session = runner.run(_session())
        works: dict[str, Work] = {
            "tintype": lambda: client.submit(ours.ASKED, provider="apiyi"),
            "openai": lambda: plain.images.generate(**asked),
            "openai[aiohttp]": lambda: quick.images.generate(**asked),
            BARE: lambda: _told(session.post(f"{base}/images/generations", json=asked)),
        }
        found = _compared(size, runner, works, count)
        for each in (client, plain, quick, session):
            runner.run(each.close())
    return found


def url_answer(size: Size) -> Raw:
    """One call that answers with a URL."""
    return _beside_openai(size, "url", 200)


def large_openai(size: Size) -> Raw:
    """One call that answers with 1 MB in base64, which ours decodes and theirs does not."""
    return _beside_openai(size, f"inline-{_TEXT_OF_1_MB}", 50)


def _beside_openrouter(size: Size, kind: str, count: int) -> Raw:
    from openrouter import OpenRouter

    with serving() as server, asyncio.Runner() as runner:
        client = ours.awaited("openrouter", kind, server.first)
        theirs = OpenRouter(api_key="k", server_url=f"{server.first}/{kind}/api/v1")
        model = "bytedance-seed/seedream-4.5"
        asked: dict[str, Any] = {"model": model, "prompt": "a cat", "retries": None}
        request, session = ours.of_model(model), runner.run(_session())
        url, body = f"{server.first}/{kind}/api/v1/images", {"model": model, "prompt": "a cat"}
        works: dict[str, Work] = {
            "tintype": lambda: client.submit(request, provider="openrouter"),
            "openrouter": lambda: theirs.images.generate_async(**asked),
            BARE: lambda: _told(session.post(url, json=body)),
        }
        found = _compared(size, runner, works, count)
        runner.run(session.close())
        runner.run(client.close())
        runner.run(theirs.__aexit__(None, None, None))
    return found


def small_openrouter(size: Size) -> Raw:
    """One call that answers with 6 KiB in base64."""
    return _beside_openrouter(size, f"inline-{_SMALL}", 100)


def large_openrouter(size: Size) -> Raw:
    """One call that answers with 1 MB in base64."""
    return _beside_openrouter(size, f"inline-{_TEXT_OF_1_MB}", 50)


def polled_fal(size: Size) -> Raw:
    """Submit and three looks, at a queue of fal's."""
    import fal_client
    from fal_client import client as module

    with serving() as server, asyncio.Runner() as runner:
        # Its address is a constant of the module; no transport in between that would cost time.
        module.QUEUE_URL_FORMAT = f"{server.first}/local-2/"
        client = ours.awaited("fal", "fal-2", server.first)
        theirs = fal_client.AsyncClient(key="k")
        request, session = ours.of_model("fal-ai/flux/schnell"), runner.run(_session())

        async def subscribed() -> object:
            handle = await theirs.submit("fal-ai/flux/schnell", {"prompt": "a cat"})
            return await handle.get(interval=ours.PAUSE)

        async def drawn() -> object:
            return await client.wait(await client.submit(request, provider="fal"))

        async def bare() -> object:
            url = f"{server.first}/local-2/fal-ai/flux/schnell"
            made = await _told(session.post(url, json={"prompt": "a cat"}))
            while (await _told(session.get(made["status_url"])))["status"] != "COMPLETED":
                await asyncio.sleep(ours.PAUSE)
            return await _told(session.get(made["response_url"]))

        async def left() -> None:
            await session.close()
            await client.close()
            await (await theirs._client).aclose()  # noqa: SLF001 - it has no close() of its own

        works: dict[str, Work] = {"tintype": drawn, "fal-client": subscribed, BARE: bare}
        found = _compared(size, runner, works, 50)
        runner.run(left())
    return found


def polled_replicate(size: Size) -> Raw:
    """Submit and three looks, at a prediction of Replicate's."""
    import replicate

    with serving() as server, asyncio.Runner() as runner:
        kind = f"replicate-{_LOOKS}"
        client = ours.awaited("replicate", kind, server.first)
        theirs = replicate.Client(api_token="k", base_url=f"{server.first}/{kind}")
        session = runner.run(_session())

        async def created() -> object:
            made = await theirs.models.predictions.async_create(
                model=_MODEL, input={"prompt": "a cat"}
            )
            while made.status != "succeeded":
                await asyncio.sleep(ours.PAUSE)
                await made.async_reload()
            return made.output

        async def drawn() -> object:
            return await client.wait(await client.submit(ours.ASKED, provider="replicate"))

        async def bare() -> object:
            return await _predicted(session, f"{server.first}/{kind}/v1")

        async def left() -> None:
            await session.close()
            await client.close()
            await theirs._async_client.aclose()  # noqa: SLF001 - it has no close() of its own

        works: dict[str, Work] = {"tintype": drawn, "replicate": created, BARE: bare}
        found = _compared(size, runner, works, 50)
        runner.run(left())
    return found


# -------------------------------------------------------------------------- sandbox


def sandbox(size: Size) -> Raw:
    """Answers with a URL by the sandbox, beside aiohttp.web with the same bytes: CPU of each."""
    asked = json.dumps({"model": _IMAGE_MODEL, "prompt": "a cat", "response_format": "url"})
    with (
        serving("tests.benchmarks.sandboxed") as playing,
        urllib3.PoolManager() as pool,
    ):
        url, key = playing.first.split(" ")
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

        def answer(address: str) -> urllib3.BaseHTTPResponse:
            return pool.request(
                "POST", f"{address}/v1/images/generations", body=asked, headers=headers
            )

        first = answer(url)
        assert first.status == 200, first.data
        with serving("tests.benchmarks.plain_web", first.data.decode()) as plain:
            count = size.of(200)

            def asking(address: str, cpu: Callable[[], float]) -> Callable[[], float]:
                def block() -> float:
                    start = cpu()
                    for _ in range(count):
                        assert answer(address).status == 200
                    return (cpu() - start) * 1e6 / count

                return block

            sides = {
                "sandbox": asking(url, playing.cpu),
                "aiohttp.web": asking(plain.first, plain.cpu),
            }
            return alternated(size, sides)
