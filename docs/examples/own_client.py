"""With the httpx client that a program has already: its proxy, its certificates, its hooks."""

import httpx

from tintype import Client, ImageRequest
from tintype.transports.httpx import HttpxTransport


def note(response: httpx.Response) -> None:
    print(response.request.method, response.request.url.host, response.status_code)


with (
    httpx.Client(event_hooks={"response": [note]}, timeout=60) as mine,
    Client(transport=HttpxTransport(mine)) as client,
):
    drawn = client.generate(ImageRequest(prompt="a lighthouse in a storm"), provider="apiin")
    for path in client.save(drawn, "pictures"):
        print(path)
