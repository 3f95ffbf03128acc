"""The simulated providers: what they were asked, what they drew, what they charged."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from random import Random

from attrs import define, evolve, frozen
from tests.simulation import faults
from tests.simulation.asks import Answer, Ask, Said
from tests.simulation.faults import Fault
from tests.simulation.plots import (
    Plot,
    Script,
    call_of,
    drawn_at,
    engine_of,
    filled,
    picture,
    plain,
    told_of,
)

from tintype import HttpRequest

_WORK = re.compile(r"sb[0-9a-f]{22}")
_GONE = Answer(status=404, body=b'{"error": {"message": "not found"}}')
_OVERLOAD = 429
_GUESSED = "0" * 32
_REMEMBERED = 60.0  # seconds for which a provider knows a key again
_NOBODYS = b"sbffffffffffffffffffffff"


@define(kw_only=True, eq=False)
class Work:
    """A submission that a provider accepted.

    Attributes:
        record: The journal's record that was written before it left, "" without a journal.
        call: The number of the call that it is of.
        hook: Where its end is to be told, "" for nowhere.
        excuse: Why its picture may be out of reach, "" where nothing excuses that.
        ends: When it comes to its end.
    """

    id: str
    plot: Plot
    record: str
    call: int
    hook: str
    began: float
    ends: float
    excuse: str = ""
    canceled: bool = False

    @property
    def charged(self) -> bool:
        """Whether it was paid for in the end."""
        return bool(self.plot.pictures) and not self.canceled

    def look(self, now: float) -> int:
        """Which of its polls the time has come for."""
        return min(int((now - self.began) / self.plot.pace), len(self.plot.polls) - 1)


@frozen(kw_only=True)
class Reply:
    """What comes of an exchange, and how many events of a stream arrive before it breaks."""

    said: Said
    after: float
    arrives: int | None = None


class Studio:
    """All providers of one world, and their ledger.

    Args:
        scripts: What their documents say.
        dice: The world's.
        asides: Answers to free questions, shared by all worlds.
    """

    def __init__(
        self, scripts: Mapping[str, Script], dice: Random, asides: dict[tuple[str, str], Answer]
    ) -> None:
        self.works: dict[str, Work] = {}
        self._keys: dict[str, Work] = {}
        self._scripts = scripts
        self._dice = dice
        self._asides = asides

    def accept(
        self, plot: Plot, record: str, call: int, hook: str, now: float, key: str
    ) -> Work:  # fmt: skip
        """Take a submission in; it is charged, now or at its end."""
        ends = now + plot.pace * max(0, len(plot.polls) - 1)
        work = Work(
            id=f"sb{len(self.works):02x}{self._dice.getrandbits(80):020x}",
            plot=plot, record=record, call=call, hook=hook, began=now, ends=ends,
        )  # fmt: skip
        self.works[work.id] = self._keys[key] = work
        return work

    def known(self, key: str, now: float) -> Work | None:
        """The work that a provider had such a key with, as long as it remembers that."""
        work = self._keys.get(key) if key else None
        return work if work and now - work.began < _REMEMBERED else None

    # -------------------------------------------------------------------- submissions

    def submission(self, ask: Ask, plot: Plot, work: Work | None, fault: Fault | None) -> Reply:
        """The answer to a submission."""
        answer = told_of(plot.submit, work.id) if work else _GONE
        after = answer.after + self._dice.uniform(0.05, 3.0)
        if fault is None:
            return Reply(said=answer, after=after)
        if fault.name in faults.ERRORS:
            late = ask.seconds if fault.name == "late" else after
            return Reply(said=faults.ERRORS[fault.name]("simulated"), after=late)
        if fault in faults.STREAM:
            return self._streamed(answer, after, fault)
        template = evolve(plot.submit)
        return Reply(said=self._spoilt(template, answer, work, fault, plot.provider), after=after)

    def _streamed(self, answer: Answer, after: float, fault: Fault) -> Reply:
        events = list(answer.events)
        place = self._dice.randrange(len(events)) if events else 0
        match fault.name:
            case "a stream cut":
                return Reply(said=answer, after=after, arrives=place)
            case "a stream that ends early":
                events = events[:place]
            case "an empty stream":
                events = [b": keepalive\n\n"]
            case "noise in a stream":
                events.insert(place, self._dice.choice(_NOISE))
            case _:
                events.insert(place, events[place])
        return Reply(said=evolve(answer, events=tuple(events) or (b": \n\n",)), after=after)

    def _spoilt(
        self, template: Answer, answer: Answer, work: Work | None, fault: Fault, provider: str
    ) -> Answer:
        """An answer that arrives, and is not what it should be."""
        change = _CHANGES.get(fault.name)
        if change is not None:
            return change(answer)
        match fault.name:
            case "refused in documented words":
                return self._refusal(provider, "submit" if fault in faults.SUBMISSION else "poll")
            case "an overload":
                return Answer(status=_OVERLOAD, body=b'{"error": {"message": "slow down"}}')
            case "base64 in another spelling":
                return self._spelt(answer, work)
            case "an odd value beside the picture" | "an odd decisive value":
                decisive = fault.name == "an odd decisive value"
                if work and decisive and len(work.plot.pictures) > 1:  # one may cost itself
                    work.excuse = fault.name
                twisted = faults.twisted(template, self._dice.randrange(400), decisive=decisive)
                return told_of(twisted, work.id) if work else answer
            case _:
                status = self._dice.choice(faults.BROKEN)
                return Answer(status=status, headers=_HTML, body=faults.PAGE)

    def _refusal(self, provider: str, operation: str) -> Answer:
        said = [answer for _, of, answer in self._scripts[provider].refusals if of == operation]
        return self._dice.choice(said) if said else _GONE

    def _spelt(self, answer: Answer, work: Work | None) -> Answer:
        change = self._dice.choice(faults.SPELLINGS)
        if work is None:
            return answer
        body = answer.body
        for index in work.plot.pictures:
            text = base64.b64encode(picture(work.id, index))
            body = body.replace(b"data:image/png;base64," + text, text).replace(text, change(text))
        return evolve(answer, body=body)

    # ---------------------------------------------------------------- free questions

    def question(
        self, ask: Ask, provider: str, wire: Callable[[], HttpRequest], now: float,
        fault: Fault | None,
    ) -> Reply:  # fmt: skip
        """The answer to a look at a task, a cancel, or a question for a price."""
        after = self._dice.uniform(0.02, 1.0)
        if fault is not None and fault.name in faults.ERRORS:
            late = ask.seconds if fault.name == "late" else after
            return Reply(said=faults.ERRORS[fault.name]("simulated"), after=late)
        named = _WORK.search(ask.url)
        work = self.works.get(named[0]) if named else None
        if named is None:
            said = self._aside(ask, provider, wire)
            template = said
        elif work is None or not work.plot.polls or work.plot.provider != provider:
            return Reply(said=_GONE, after=after)
        else:
            template = self._look(ask, work, now, fault)
            said = told_of(template, work.id)
        if fault is None or fault.name == "an earlier answer":
            return Reply(said=said, after=after)
        return Reply(said=self._spoilt(template, said, work, fault, provider), after=after)

    def _look(self, ask: Ask, work: Work, now: float, fault: Fault | None) -> Answer:
        if ask.method == "DELETE" or "cancel" in ask.url:
            if work.plot.cancel and now < work.ends:
                work.canceled = True
            return work.plot.cancel or _GONE
        if work.canceled and work.plot.cancel:
            return work.plot.cancel
        step = work.look(now)
        earlier = fault is not None and fault.name == "an earlier answer"
        return work.plot.polls[max(0, step - 1) if earlier else step]

    def _aside(self, ask: Ask, provider: str, wire: Callable[[], HttpRequest]) -> Answer:
        key = (ask.url, repr({k: v for k, v in ask.value.items() if k != "prompt"}))
        if key not in self._asides:
            engine = engine_of(provider, self._scripts[provider].fixtures)
            self._asides[key] = plain(engine, call_of(wire()))
        return self._asides[key]

    # ----------------------------------------------------------------------- webhooks

    def deliveries(
        self, work: Work, fault: str, now: float
    ) -> tuple[tuple[float, str, bytes], ...]:
        """When a provider calls back, at which address, with which body."""
        body = filled(work.plot.webhook or b"", work.id)
        due = (work.ends + self._dice.uniform(0.0, 2.0), work.hook, body)
        # Whoever knows a record's id does not know the token beside it.
        others = [
            f"{each.hook.rpartition('.')[0]}.{_GUESSED}"
            for each in self.works.values()
            if each.hook
        ]
        forged = body.replace(work.id.encode(), _NOBODYS)
        faulty: Mapping[str, tuple[tuple[float, str, bytes], ...]] = {
            "lost": (),
            "early": ((now, work.hook, body),),
            "doubled": (due, (due[0] + 1.0, work.hook, body)),
            "forged": ((now, work.hook, forged), due),
            "crossed": ((due[0], self._dice.choice(others), body), due),
            "cut in half": ((due[0] - 0.01, work.hook, body[: len(body) // 2]), due),
        }
        return faulty.get(fault, (due,))

    # ------------------------------------------------------------------------- results

    def result(self, ask: Ask, fault: Fault | None) -> Reply:
        """The bytes of a picture."""
        after = self._dice.uniform(0.02, 1.0)
        if fault is not None and fault.name in faults.ERRORS:
            return Reply(said=faults.ERRORS[fault.name]("simulated"), after=after)
        drawn = drawn_at(ask.url)
        if drawn is None or drawn[0] not in self.works:
            return Reply(said=_GONE, after=after)
        data = picture(*drawn)
        if fault is None:
            return Reply(said=Answer(status=200, headers=_PNG, body=data), after=after)
        if fault.name == "half a picture":
            half = Answer(status=200, headers=_PNG, body=data[: len(data) // 2])
            return Reply(said=half, after=after)
        status = self._dice.choice(faults.BROKEN)
        return Reply(said=Answer(status=status, headers=_HTML, body=faults.PAGE), after=after)


_HTML = (("Content-Type", "text/html"),)
_PNG = (("Content-Type", "image/png"),)
_NOISE = (
    b": keepalive\n\n",
    b"data: {}\n\n",
    b"data:\n\n",
    b'data: {"type": "ping"}\n\n',
    b"event: ping\ndata: 1\n\n",
)
_CHANGES: Mapping[str, Callable[[Answer], Answer]] = {
    "a page of HTML": lambda answer: evolve(
        answer, status=200, headers=_HTML, body=faults.PAGE, events=()
    ),
    "half an answer": lambda answer: (
        evolve(answer, events=(b"".join(answer.events)[: len(b"".join(answer.events)) // 2],))
        if answer.events
        else evolve(answer, body=answer.body[: len(answer.body) // 2])
    ),
    "an empty answer": lambda answer: evolve(answer, body=b"", events=()),
    "other JSON": lambda answer: evolve(answer, body=b'[{"unexpected": true}, null]', events=()),
}
