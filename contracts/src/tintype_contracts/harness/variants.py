"""A documented answer, ready to be told again with something changed in it.

A body is what JSON makes of it; the body of a stream is the array of its events' data. A
hook may do anything when it is told something odd: what no hook may do comes back as a
`Broken` value, so that a check can tell it and never fails itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from attrs import evolve, frozen

from tintype._flow.settle import folded
from tintype._flow.verdicts import closed_stream
from tintype._lifting import at_hand, lift
from tintype.catalog import ProviderInfo
from tintype.errors import ProtocolError, ProviderError, TintypeError
from tintype.exchange import Exchange, Message, Operation
from tintype.messages import Delivery, Headers, Response, ServerSentEvent
from tintype.models import Quote, Task, Update, Upload
from tintype_contracts.fixtures import format as words
from tintype_contracts.fixtures.comparing import json_type
from tintype_contracts.fixtures.messages import answers
from tintype_contracts.fixtures.pointers import MISSING, is_array, join, leaves
from tintype_contracts.fixtures.strict_json import spell
from tintype_contracts.fixtures.values import NOW
from tintype_contracts.harness.scenario import Context, refuse_a_stranger
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.worlds import USUAL, World

Turn: TypeAlias = tuple[Operation, Message | None]


@frozen(kw_only=True)
class Broken:
    """What a hook did that no hook may: the sentence says it."""

    deed: str


Value: TypeAlias = Quote | Task | Upload | ProviderInfo
Parsed: TypeAlias = Value | TintypeError | Broken

_KINDS: Mapping[Operation, type[Value]] = {
    Operation.PRICE: Quote,
    Operation.UPLOAD: Upload,
    Operation.MODELS: ProviderInfo,
}


@frozen(kw_only=True)
class Answer:
    """What a provider documents that it says in one exchange.

    Attributes:
        exchange: The exchange.
        context: What the plugin knows before.
        turns: The answer as `parse` is told it; several where it is a stream.
        body: The answer's JSON, or `MISSING` where it is none.
    """

    exchange: words.DocumentedExchange
    context: Context
    turns: tuple[Turn, ...]
    body: object

    @property
    def streamed(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.turns[-1][0] is Operation.END

    def at(self, pointer: str) -> str:
        """A documented pointer as it leads into this answer, where members bear the task's id."""
        task = self.context.task
        return pointer.replace("/{{id:task}}", join("", task.id)) if task else pointer

    def saying(self, body: object) -> Answer:
        """The same answer with another body. The events of a stream are an array's items."""
        if self.streamed:
            return evolve(self, turns=_events(self.turns, body), body=body)
        return self.bytes(spell(body).encode(), body)

    def bytes(self, data: bytes, body: object = MISSING) -> Answer:
        """The same answer, not streamed, with other bytes for its body."""
        operation, message = self.turns[0]
        match message:
            case Response() | Delivery():
                return evolve(self, turns=((operation, evolve(message, body=data)),), body=body)
            case _:
                return self

    def reread(self) -> Answer:
        """The same turns, with the JSON that they hold for its body."""
        return evolve(self, body=_body(self.turns))

    def under(self, status: int, headers: Headers | None = None) -> Answer:
        """The same answer under another HTTP status, and with other headers."""
        operation, message = self.turns[0]
        if not isinstance(message, Response):
            return self
        headers = message.headers if headers is None else headers
        return evolve(self, turns=((operation, evolve(message, status=status, headers=headers)),))

    @property
    def status(self) -> int | None:
        """The HTTP status, or None where there is none."""
        _, message = self.turns[0]
        return message.status if isinstance(message, Response) else None


@lru_cache(maxsize=1)
def documented_answers(subject: Subject) -> tuple[Answer, ...]:
    """Every answer, stream and webhook that the fixtures hold."""
    every = (answer_of(subject, exchange) for exchange in subject.exchanges())
    return tuple(answer for answer in every if answer.turns)


@lru_cache(maxsize=1)
def one_a_shape(subject: Subject) -> tuple[Answer, ...]:
    """The documented answers, one of each shape: what is bent in one is bent in all of it."""
    found: dict[object, Answer] = {}
    for answer in documented_answers(subject):
        expected = answer.exchange.expect
        shape = [(at, json_type(value)) for at, value in leaves(answer.body)]
        kind = (answer.exchange.operation, answer.status, answer.streamed, expected.outcome)
        said = expected.error or str(expected.fields.get("state"))
        found.setdefault((*kind, said, *shape), answer)
    return tuple(found.values())


def answer_of(
    subject: Subject,
    exchange: words.DocumentedExchange,
    world: World = USUAL,
    images: int | None = None,
) -> Answer:
    """The answer of one exchange, and what the plugin made of its scene before it."""
    turns = tuple(answers(exchange, world.values(subject.fixtures, exchange, images)))
    context = context_of(subject, exchange, world)
    return Answer(exchange=exchange, context=context, turns=turns, body=_body(turns))


def context_of(
    subject: Subject, exchange: words.DocumentedExchange, world: World = USUAL
) -> Context:
    """What the plugin knows before an exchange. A plugin that breaks there knows a bare task."""
    try:
        return subject.in_world(world).context(exchange)
    except Exception:  # noqa: BLE001 - a hook may do anything; that exchange's own row tells it
        return Context(task=Task(id="task-1"))


def hear(subject: Subject, context: Context, turn: Turn) -> Parsed:
    """What `parse` makes of one turn."""
    operation, message = turn[0], _arrived(turn[1])
    known = context.task or Task()
    exchange = Exchange(
        operation=operation,
        at=NOW,
        message=message,
        request=context.asked(subject.info),
        task=known,
        quote=context.quote,
        upload=context.uploading,
        head=context.head,
    )
    try:
        with at_hand(message.content.held if message else {}):
            value: object = subject.hooks.parse(exchange=exchange)
        value = folded(known, value) if isinstance(value, Update) else value
        refuse_a_stranger(exchange, value)
    except (ProtocolError, ProviderError) as error:
        return error
    except Exception as error:  # noqa: BLE001 - a hook may do anything
        return Broken(deed=f"parse() raised {type(error).__name__}: {str(error)[:200]}")
    kind = _KINDS.get(operation, Task)
    if isinstance(value, kind):
        return value
    return Broken(deed=f"parse() returned a {type(value).__name__}, not a {kind.__name__}")


def _arrived(message: Message | None) -> Message | None:
    """A message as the core gives it to a plugin: large base64 is lifted out of it."""
    match message:
        case Response():
            return evolve(message, body=lift(message.body))
        case ServerSentEvent():
            return evolve(message, data=lift(message.content.text))
        case _:
            return message


def listen(subject: Subject, answer: Answer) -> tuple[Parsed, ...]:
    """Everything the plugin says while it is told an answer; the last is its verdict.

    A stream is read as the core reads it: an event that tells nothing is passed over, and
    what is left at the end is judged by the core.
    """
    if not answer.streamed:
        return (hear(subject, answer.context, answer.turns[0]),)
    heard: list[Parsed] = []
    task: Task | None = None
    failure: TintypeError | None = None
    for turn in answer.turns:
        said = hear(subject, evolve(answer.context, task=task), turn)
        heard.append(said)
        match said:
            case Task():
                task = said
            case TintypeError():
                failure = said
            case _:
                return tuple(heard)
    return (*heard, _closed(task, failure))


def verdict(subject: Subject, answer: Answer) -> Parsed:
    """What an answer comes to."""
    return listen(subject, answer)[-1]


def _closed(task: Task | None, failure: TintypeError | None) -> Parsed:
    try:
        return closed_stream(task, failure)
    except TintypeError as error:
        return error


def _body(turns: tuple[Turn, ...]) -> object:
    messages = [message for _, message in turns]
    if messages and messages[-1] is None:
        return [_event_body(each) for each in messages if isinstance(each, ServerSentEvent)]
    message = messages[0] if messages else None
    return _json(message.body) if isinstance(message, Response | Delivery) else MISSING


def _event_body(event: ServerSentEvent) -> object:
    """An event's data: JSON, or the text of a sentinel."""
    value = _json(event.data)
    return event.data if value is MISSING else value


def _json(text: bytes | str) -> object:
    try:
        value: object = json.loads(text, parse_float=Decimal)
    except ValueError:
        return MISSING
    return value


def _events(turns: tuple[Turn, ...], body: object) -> tuple[Turn, ...]:
    """The turns of a stream whose events say `body`; each keeps its name where it has one."""
    names = [message.event for _, message in turns if isinstance(message, ServerSentEvent)]
    items = list(body) if is_array(body) else [body]
    events: list[Turn] = [
        (Operation.EVENT, ServerSentEvent(data=_data(item), event=_name(names, index)))
        for index, item in enumerate(items)
    ]
    return (*events, (Operation.END, None))


def _name(names: list[str], index: int) -> str:
    return names[index] if index < len(names) else "message"


def _data(item: object) -> str:
    """A text is a sentinel, which is no JSON."""
    return item if isinstance(item, str) else spell(item)
