"""An aiohttp.web server that always answers with the same bytes."""

import asyncio
import sys

from aiohttp import web
from tests.benchmarks.server import told_until_the_end


async def main(body: bytes) -> None:
    """Serve until standard input ends."""

    async def drawn(request: web.Request) -> web.Response:
        await request.json()
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/images/generations", drawn)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    await asyncio.to_thread(told_until_the_end, f"http://{host}:{port}")
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1].encode()))
