"""A scene as a strict state machine: each documented request once, in its order, and no other.

What does not fit is answered with 599 and the difference, and it is kept: the verdict stands
at the end, also where the plugin swallowed the answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping

from tintype_contracts.fixtures.comparing import Difference
from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures
from tintype_contracts.fixtures.messages import body_bytes, render_headers
from tintype_contracts.fixtures.pointers import covers
from tintype_contracts.fixtures.values import Picture
from tintype_contracts.wire.matching import Mismatch, closest, filled, request_faults
from tintype_contracts.wire.request import RawRequest
from tintype_contracts.wire.responses import RawResponse

MISMATCH = 599
_OK = 200


class StrictScene:
    """One performance of a scene.

    Args:
        fixtures: What the provider documents.
        exchanges: The scene; inbound webhooks in it are nothing that is asked for.
        key: The account's key.
        strict_headers: Whether a header that no document names is a mismatch.
        free: Pointers in a request's body at which anything may stand.

    Attributes:
        due: The exchanges that are to be asked for, in order.
        served: Those that were.
        mismatches: What else was asked for.
    """

    def __init__(
        self,
        fixtures: Fixtures,
        exchanges: Iterable[DocumentedExchange],
        key: str,
        *,
        strict_headers: bool = True,
        free: tuple[str, ...] = (),
    ) -> None:
        self.due: tuple[DocumentedExchange, ...] = tuple(
            exchange for exchange in exchanges if exchange.request is not None
        )
        self.served: list[DocumentedExchange] = []
        self.mismatches: list[Mismatch] = []
        self._fixtures = fixtures
        self._key = key
        self._strict_headers = strict_headers
        self._free = free
        self._pictures = self._drawn()
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether everything was asked for."""
        return len(self.served) == len(self.due)

    def answer(self, heard: RawRequest) -> RawResponse:
        """What the provider says to a request."""
        picture = self._pictures.get(heard.url) if heard.method == "GET" else None
        if picture is not None:
            kind = (("Content-Type", picture.media_type),)
            return RawResponse(status=_OK, headers=kind, body=picture.data)
        with self._lock:
            return self._next(heard)

    def faults(self) -> tuple[Mismatch, ...]:
        """Every mismatch, and what was never asked for."""
        missing = [
            Mismatch(
                told=f"{exchange.id} was never asked for, though the scene goes on to it",
                exchange=exchange.id,
                src=exchange.request_src or exchange.src,
                url=self._source(exchange),
            )
            for exchange in self.due[len(self.served) :]
        ]
        return (*self.mismatches, *([] if self.mismatches else missing))

    def _next(self, heard: RawRequest) -> RawResponse:
        remaining = self.due[len(self.served) :]
        if remaining:
            wanted = remaining[0]
            if not self._faults_of(wanted, heard):
                self.served.append(wanted)
                return self._documented(wanted)
        mismatch = self._mismatch(heard, remaining)
        self.mismatches.append(mismatch)
        return _refusal(mismatch)

    def _faults_of(self, exchange: DocumentedExchange, heard: RawRequest) -> tuple[Difference, ...]:
        found = request_faults(
            self._fixtures, exchange, heard, self._key, strict_headers=self._strict_headers
        )
        return tuple(each for each in found if not self._is_free(each.pointer))

    def _is_free(self, pointer: str) -> bool:
        """Whether a place of the body may hold anything; the kind of body stands before it."""
        inner = "/" + pointer[1:].partition("/")[2]
        return any(covers(each, inner) for each in self._free)

    def _documented(self, exchange: DocumentedExchange) -> RawResponse:
        filling = filled(self._fixtures, exchange, self._key)
        if exchange.response is None:
            return RawResponse(status=204)
        return RawResponse(
            status=exchange.response.status,
            headers=render_headers(exchange.response.headers, filling),
            body=body_bytes(exchange.response.content, filling),
        )

    def _mismatch(self, heard: RawRequest, remaining: tuple[DocumentedExchange, ...]) -> Mismatch:
        """What came, by the exchange that it is, else by the one due there, else by the closest."""
        others = [*remaining[:1], *self.due, *self._fixtures.exchanges.values()]
        near = closest(self._fixtures, others, heard, self._key, strict=self._strict_headers)
        if near is not None and near[1]:
            near = self._due(heard, remaining) or near
        asked = f"{heard.method} {heard.url}"
        if near is None:
            return Mismatch(told=f"{asked}: the documents show no request at all", exchange="")
        exchange, found = near
        told = f"{asked} is not {exchange.id} as documented"
        if not found:
            again = "again" if exchange in self.served else "out of its turn"
            told = f"{exchange.id} is asked for {again}"
        return Mismatch(
            told=told,
            exchange=exchange.id,
            differences=found,
            src=exchange.request_src or exchange.src,
            url=self._source(exchange),
        )

    def _due(
        self, heard: RawRequest, remaining: tuple[DocumentedExchange, ...]
    ) -> tuple[DocumentedExchange, tuple[Difference, ...]] | None:
        """The exchange whose turn it is, where its own address was asked."""
        found = self._faults_of(remaining[0], heard) if remaining else ()
        elsewhere = any(each.pointer.startswith(("/method", "/url/place")) for each in found)
        return None if elsewhere or not remaining else (remaining[0], found)

    def _source(self, exchange: DocumentedExchange) -> str:
        source = self._fixtures.sources.get(exchange.request_src or exchange.src)
        return source.url if source else ""

    def _drawn(self) -> Mapping[str, Picture]:
        """The pictures of the scene by their addresses."""
        return {
            url: picture
            for exchange in self.due
            for picture in filled(self._fixtures, exchange, self._key).pictures
            for url in (picture.url, picture.preview_url)
        }


def _refusal(mismatch: Mismatch) -> RawResponse:
    told = {
        "mismatch": mismatch.told,
        "closest": mismatch.exchange,
        "source": mismatch.url,
        "differences": [str(difference) for difference in mismatch.differences],
    }
    body = json.dumps(told, ensure_ascii=False).encode()
    return RawResponse(status=MISMATCH, headers=(("Content-Type", "application/json"),), body=body)
