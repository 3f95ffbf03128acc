"""Where the simulation meets the core: the only module of it that knows the core's inside.

A `Desk` is what one simulated process has of tintype, on a simulated clock. A `Line` is a call
under way: stepped from effect to effect, each told to the simulated world as an `Ask`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.simulation.asks import KEY_HEADER, Answer, Ask, End, Said

from tintype import Account, Budget, HttpRequest
from tintype._client.claims import Claims
from tintype._client.conversations import Conversations
from tintype._client.options import Options
from tintype._client.results import Results
from tintype._client.setup import Setup
from tintype._client.webhooks import Webhooks
from tintype._flow import effects
from tintype._flow.conversation import Terms
from tintype._flow.settle import CALLBACK_FIELD
from tintype._http.events import EventDecoder
from tintype._pacing import Clock
from tintype._trail import Followed
from tintype.errors import ProtocolError
from tintype.journal import Journal, NoJournal
from tintype.journal._owner import me
from tintype.journal._sql import SqlJournal
from tintype.messages import Delivery, JsonBody, Response, ServerSentEvent
from tintype_contracts.harness.customers import shown

BEGAN = datetime(2026, 11, 28, 9, tzinfo=UTC)


class Desk(Setup):
    """What one process has of tintype. The first one is of no process: others are seated by it."""

    def __init__(self, plugins: Mapping[str, object], key: str) -> None:
        accounts = [Account(provider=name, key=key) for name in plugins]
        super().__init__(accounts, {}, Options(plugins=plugins))

    def seated(
        self, at: Callable[[], float], journal: Journal, budgets: tuple[Budget, ...]
    ) -> Desk:
        """The same plugins for one more process, with its clock and its journal."""
        desk = copy.copy(self)
        desk.journal, desk.providers = journal, copy.copy(self.providers)
        desk.providers.clock = Clock(monotonic=at, now=lambda: BEGAN + timedelta(seconds=at()))
        desk.conversations = _Talks(desk.providers, Options(budgets=budgets), NoJournal())
        desk.claims = Claims(journal, Followed())
        desk.webhooks = Webhooks(desk.providers, desk.conversations, journal)
        desk.results = Results(desk.providers, desk.conversations)
        return desk

    def hear(self, provider: str, body: bytes, url: str) -> Line:
        """The call that a webhook begins, or the error of one that is nobody's."""
        named = parse_qs(urlsplit(url).query).get(CALLBACK_FIELD, [""])[0]
        heard = self.webhooks.heard(provider, Delivery(body=body), named)
        if heard.known is None and not isinstance(self.journal, NoJournal):
            raise ProtocolError("a stranger's")  # noqa: EM101, TRY003 - as `WebhookApp` has it
        flow = self.conversations.of(provider).confirm(heard, proven=False)
        return Line(self, provider, flow, heard.known.record if heard.known else "")


class _Talks(Conversations):
    """Conversations in which nothing is left to chance."""

    nonce: Callable[[], str]
    width: int = 1

    def _terms(self, _: str) -> Terms:
        terms = {"choices": self._options, "nonce": self.nonce, "width": self.width}
        return Terms(clock=self._providers.clock, jitter=lambda: 0.5, **terms)


class Line:
    """One call under way in a process."""

    def __init__(
        self,
        desk: Desk,
        provider: str,
        flow: effects.Flow[object],
        record: str = "",
        of: Line = None,
    ) -> None:
        self.provider, self._desk, self._flow, self._of = provider, desk, flow, of
        self._effect: effects.Effect | None = None
        self._events: list[ServerSentEvent] = []
        self.trail = of.trail if of else desk.claims.trail()
        self.trail.follow(record)

    @property
    def together(self) -> effects.Together:
        """What is to be done side by side."""
        return self._effect

    def beside(self) -> Line:
        """The next piece of that."""
        return Line(self._desk, self.provider, self._effect.work.take(), of=self)

    def step(self, said: Said = None) -> Ask | End:
        """Go on with the reply to the last effect, or the error it ended in."""
        try:
            wrong = isinstance(said, Exception)
            self._effect = self._flow.throw(said) if wrong else self._flow.send(self._reply(said))
            while isinstance(self._effect, effects.Turn):
                self.provider = self._effect.provider
                self._effect = self._flow.send(None)
        except StopIteration as stop:
            if self._of is None:
                self.trail.end()
            return End(result=stop.value)
        except Exception as error:  # noqa: BLE001 - the judge looks at what kind it is
            if self._of is None:
                self._desk.claims.release(self.trail)
            return End(error=error)
        return _ask(self._effect)

    def _reply(self, said: Said) -> effects.Reply:
        effect = self._effect
        if isinstance(effect, effects.Receive):
            return self._events.pop(0) if self._events else None
        if not isinstance(said, Answer):
            if isinstance(effect, effects.Record):
                self.trail.note(effect.entry, said)
            return said
        if isinstance(effect, effects.Send) and not said.events:
            return Response(status=said.status, headers=said.headers, body=said.body)
        decoder = EventDecoder()
        self._events = [*decoder.feed(b"".join(said.events)), *decoder.close()]
        if isinstance(effect, effects.Fetch) and said.status == 200:
            effect.sink.write(said.body)
        return effects.Head(status=said.status, headers=said.headers)

    def wire(self) -> HttpRequest:
        """What is sent, as bytes."""
        return shown(self._desk.providers.keyring(self.provider), self._effect.request)

    def write(self) -> str:
        """Write down what the flow asks to be written."""
        return self._desk.journal.record(self._effect.entry).result()

    def interrupt(self) -> list[Line]:
        """End as Ctrl-C has it: what was begun is left to others, the provider is told."""
        self._flow.close()
        if self._of is not None:  # the call that it is a piece of is interrupted, too
            return []
        self._desk.claims.release(self.trail)
        return [Line(self._desk, *each) for each in self._desk.cancellations(self.trail)]


def _ask(effect: effects.Effect) -> Ask:
    match effect:
        case effects.Send(request=sent, timeout=seconds, repeat=free):
            value = sent.body.value if isinstance(sent.body, JsonBody) else {}
            key = next((text for name, text in sent.headers if name == KEY_HEADER), "")
            return Ask("send", seconds, sent.url, sent.method, not free, value, key)
        case effects.Record(entry=entry):
            return Ask("write", note=type(entry).__name__.lower())
        case effects.Sleep(seconds=seconds):
            return Ask("pause", seconds)
        case effects.Load(path=url) | effects.Fetch(url=url):
            return Ask("read" if isinstance(effect, effects.Load) else "get", url=url)
        case effects.Receive():
            return Ask("next")
        case effects.Together():
            return Ask("together")


def on_disk(place: Path, process: str) -> SqlJournal:
    """The real journal on SQLite, of a process that has ended as soon as another one looks."""
    journal = SqlJournal(place)
    journal._me = f"{me()}-{process}"  # noqa: SLF001
    return journal
