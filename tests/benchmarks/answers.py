"""What the providers of the benchmarks answer: documented bodies, by the first part of a path.

The same object answers in a server of its own and behind a transport that stays in the process.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import struct
import zlib
from collections import Counter
from functools import cache

_URL = "https://pictures.test/one.png"
_EDGE = 1024


def picture(size: int) -> bytes:
    """A whole PNG in grey noise of about so many bytes."""
    rows = max(1, size // _EDGE)
    noise = random.Random(size)  # noqa: S311 - the same picture every time
    pixels = b"".join(b"\0" + noise.randbytes(_EDGE) for _ in range(rows))
    header = struct.pack(">IIBBBBB", _EDGE, rows, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels, 0)), (b"IEND", b""))
    framed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


@cache
def inline(size: int, *, escaped: bool = False) -> bytes:
    """An answer with a picture of so many bytes in base64, as OpenAI and its likes send it."""
    text = base64.b64encode(picture(size)).decode()
    body: dict[str, object] = {"created": 1748372400}
    if escaped:
        body["note"] = "caf\u00e9"  # written as an escape
    return json.dumps({**body, "data": [{"b64_json": text}]}).encode()


class Answers:
    """Answers by `/{kind}-{number}/…`.

    Kinds: `url`; `inline`, `escaped` and `zipped` (bytes of the picture); `replicate` (the look
    that ends it); `fal` (the look at the status that ends it), `local` (the same, its addresses
    on the server itself).
    """

    def __init__(self) -> None:
        self.origin = ""
        self._made = 0
        self._looks: Counter[str] = Counter()

    def of(self, method: str, target: str) -> tuple[dict[str, str], bytes]:
        """The headers and the body of an answer."""
        kind, _, number = target.split("/", 2)[1].partition("-")
        size = int(number or 0)
        if kind == "zipped":
            return {"Content-Encoding": "gzip"}, _zipped(size)
        if kind in {"inline", "escaped"}:
            return {}, inline(size, escaped=kind == "escaped")
        if kind == "url":
            return {}, json.dumps({"created": 1748372400, "data": [{"url": _URL}]}).encode()
        told = self._replicate if kind == "replicate" else self._fal
        return {}, json.dumps(told(method, target, size)).encode()

    def _looked(self, target: str, last: int) -> bool:
        """Whether this is the last look at a target."""
        self._looks[target] += 1
        if self._looks[target] < last:
            return False
        del self._looks[target]
        return True

    def _replicate(self, method: str, target: str, last: int) -> dict[str, object]:
        if method == "POST":
            self._made += 1
            found, status = f"p{self._made}", "starting"
        else:
            found = target.rpartition("/")[2]
            status = "succeeded" if self._looked(target, last) else "processing"
        return {
            "id": found,
            "model": "black-forest-labs/flux-schnell",
            "version": "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa",
            "input": {"prompt": "a cat"},
            "logs": "",
            "output": [_URL] if status == "succeeded" else None,
            "data_removed": False,
            "error": None,
            "source": "api",
            "status": status,
            "created_at": "2026-11-29T08:00:00.123Z",
            "urls": {
                "cancel": f"https://api.replicate.com/v1/predictions/{found}/cancel",
                "get": f"https://api.replicate.com/v1/predictions/{found}",
            },
        }

    def _fal(self, method: str, target: str, last: int) -> dict[str, object]:
        if method == "POST":
            self._made += 1
            local = target.startswith("/local")
            host = f"{self.origin}/local-{last}" if local else "https://queue.fal.run"
            at = f"{host}/fal-ai/flux/requests/f{self._made}"
            return {
                "request_id": f"f{self._made}",
                "status": "IN_QUEUE",
                "queue_position": 0,
                "response_url": at,
                "status_url": f"{at}/status",
                "cancel_url": f"{at}/cancel",
            }
        path = target.partition("?")[0]
        if path.endswith("/status"):
            done = self._looked(path, last)
            return {"status": "COMPLETED" if done else "IN_PROGRESS", "logs": []}
        image = {"url": _URL, "content_type": "image/png", "width": 1024, "height": 768}
        return {"images": [image], "seed": 1, "has_nsfw_concepts": [False], "prompt": "a cat"}


@cache
def _zipped(size: int) -> bytes:
    return gzip.compress(inline(size), 1)
