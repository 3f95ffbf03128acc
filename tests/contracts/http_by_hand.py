"""One call a connection over http.client, so that a test sees how an answer ends."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from socket import create_connection, socket
from urllib.parse import urlsplit

from attrs import frozen

from tintype_contracts import Sandbox

DROPPED = (ConnectionError, http.client.HTTPException)
"""What a connection that breaks off raises."""

_PATIENCE = 10


@frozen(kw_only=True)
class Answered:
    """An answer that came whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> dict:
        """Its JSON."""
        return json.loads(self.body)


def call(
    sandbox: Sandbox,
    method: str,
    path: str,
    body: object = None,
    *,
    patience: float = _PATIENCE,
    **headers: str,
) -> Answered:
    """A call to Acme, with its key; what breaks is raised."""
    parts = urlsplit(sandbox.url("acme") + path)
    sent = {"x-key": sandbox.key("acme"), **headers}
    data = None
    if body is not None:
        data = json.dumps(body)
        sent["Content-Type"] = "application/json"
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=patience)
    with closing(connection):
        connection.request(method, parts.path, body=data, headers=sent)
        answer = connection.getresponse()
        return Answered(status=answer.status, headers=dict(answer.headers), body=answer.read())


def begun(sandbox: Sandbox, provider: str, path: str, body: object, **headers: str) -> socket:
    """A connection on which a request was sent, and nothing was read yet."""
    parts, data = urlsplit(sandbox.url(provider) + path), json.dumps(body)
    connection = create_connection((parts.hostname, parts.port), _PATIENCE)
    head = {"Host": parts.netloc, "Content-Type": "application/json", **headers}
    told = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    length = f"Content-Length: {len(data)}\r\n\r\n"
    connection.sendall(f"POST {parts.path} HTTP/1.1\r\n{told}{length}{data}".encode())
    return connection


def submit(sandbox: Sandbox, prompt: str = "a cat", **fields: object) -> Answered:
    """A submission to Acme."""
    return call(sandbox, "POST", "/v1/images", {"prompt": prompt, "size": "512", **fields})


def poll(sandbox: Sandbox, task: str) -> Answered:
    """A look at a task."""
    return call(sandbox, "GET", f"/v1/tasks/{task}")


def fetch(sandbox: Sandbox, task: str, index: int = 0) -> Answered:
    """An image."""
    return call(sandbox, "GET", f"/assets/{task}/{index}.png")
