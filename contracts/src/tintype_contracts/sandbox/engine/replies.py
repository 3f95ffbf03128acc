"""A documented exchange and live values, made into a reply."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype.messages import Headers
from tintype_contracts.fixtures.format import (
    DocumentedExchange,
    EventsContent,
    EventTemplate,
    WireResponse,
)
from tintype_contracts.fixtures.messages import body_bytes, event_bytes, render_headers
from tintype_contracts.fixtures.placeholders import render_events
from tintype_contracts.fixtures.values import Filling
from tintype_contracts.sandbox.engine.following import Follower
from tintype_contracts.sandbox.engine.forms import holds_bytes, image_facts
from tintype_contracts.sandbox.engine.messages import Stream, TimedEvent, WholeResponse
from tintype_contracts.sandbox.engine.refusing import with_reason
from tintype_contracts.sandbox.engine.works import Drawing

_REASON = "x-sandbox-reason"
_SCENE = "x-sandbox-exchange"
_USUAL_STATUS = {
    "invalid_parameter": 400,
    "refused_content": 400,
    "bad_key": 401,
    "no_credit": 402,
    "unknown_task": 404,
    "slow_down": 429,
    "failed": 500,
    "not_json": 502,
    "server_down": 503,
}
_NO_STORY = 501


@frozen(kw_only=True)
class Draft:
    """A reply before it is written. Writing it may paint pictures, so no lock is held then.

    Attributes:
        exchange: The documented exchange.
        follower: Makes its answer follow from the request.
        filling: The values of its placeholders.
        reason: Why the sandbox refuses, or "".
        pace: Seconds between the images of a stream.
        after: Seconds before the reply is sent.
        task: The task that it is about, or "".
    """

    exchange: DocumentedExchange
    follower: Follower
    filling: Filling
    reason: str = ""
    pace: float = 0.0
    after: float = 0.0
    task: str = ""

    @property
    def paints(self) -> bool:
        """Whether writing it paints pictures."""
        return self.follower.printed.paints

    def write(self) -> WholeResponse | Stream:
        """The reply."""
        response = self.exchange.response or WireResponse(status=204, headers=(), content=None)
        told = render_headers(self.follower.headers(response.headers), self.filling)
        headers = (*told, (_SCENE, self.exchange.id), *_reasons(self.reason))
        content = self.follower.content(response.content)
        if isinstance(content, EventsContent):
            events = tuple(self._events(content.events))
            return Stream(status=response.status, headers=headers, events=events, task=self.task)
        if self.reason:
            content = with_reason(content, self.reason)
        body = body_bytes(content, self.filling)
        return WholeResponse(
            status=response.status,
            headers=headers,
            body=body,
            after=self.after,
            task=self.task,
            images=tuple(range(len(self.filling.pictures))) if self.paints else (),
        )

    def _events(self, events: tuple[EventTemplate, ...]) -> list[TimedEvent]:
        """Each event after its time. All but the last image of several are unfinished ones."""
        made: list[TimedEvent] = []
        begun = False
        drawing = [holds_bytes(event.content) for event in events]
        for index, event in enumerate(events):
            last = drawing[index] and not any(drawing[index + 1 :])
            filling = _unfinished(self.filling) if drawing[index] and not last else self.filling
            for number, (template, data) in enumerate(render_events((event,), filling)):
                after = self.pace if _draws(template) and begun else 0.0
                begun = begun or _draws(template)
                images = (number,) if last else ()
                made.append(
                    TimedEvent(after=after, data=event_bytes(template, data), images=images)
                )
        return made


def plain(story: str, why: str, status: int | None = None) -> WholeResponse:
    """An answer in plain words, for what no document says."""
    text = f"The sandbox has no documented answer for {story}: {why}\n"
    return WholeResponse(
        status=status or _USUAL_STATUS.get(story, _NO_STORY),
        headers=(("Content-Type", "text/plain; charset=utf-8"), *_reasons(why)),
        body=text.encode(),
    )


def _reasons(reason: str) -> Headers:
    """The header that says why; HTTP headers are one line of Latin-1."""
    line = " ".join(reason.split())[:400].encode("latin-1", "replace").decode("latin-1")
    return ((_REASON, line),) if line else ()


def _draws(event: EventTemplate) -> bool:
    return bool(image_facts(event.content))


def _unfinished(filling: Filling) -> Filling:
    pictures = [
        picture.unfinished() if isinstance(picture, Drawing) else picture
        for picture in filling.pictures
    ]
    return evolve(filling, pictures=pictures)
