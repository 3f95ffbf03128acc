"""Checks that a plugin understands what is documented, and is not fooled by what is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from tintype.errors import ProtocolError, TintypeError
from tintype.models import Task
from tintype_contracts.case import DROPPED, Case
from tintype_contracts.check import Finding, NotApplicable, check, check_each
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import MISSING, join
from tintype_contracts.harness.streams import shown_and_broken
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import (
    Answer,
    Broken,
    Parsed,
    documented_answers,
    listen,
    one_a_shape,
    verdict,
)
from tintype_contracts.oracles.exactness import number_faults
from tintype_contracts.oracles.images import (
    PICTURES,
    encoded_images,
    images_drawn,
    pictures_told,
)
from tintype_contracts.oracles.inventions import inventions
from tintype_contracts.oracles.values import empty_success
from tintype_contracts.strategies.mutations import places
from tintype_contracts.strategies.tellings import (
    bytes_of,
    exchange_of,
    exchanges,
    shapes,
    told,
    usual,
    world_of,
    worlds,
)

_STRANGE = "tintype_strange_key"
_CUTS = 150
_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_TYPES = (
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "APPLICATION/JSON",
    "application/problem+json",
    "text/plain",
    None,
)


# ------------------------------------------------------------------ what is documented


@check_each("parse.documented-answer", worlds, level=1)
def documented_answer(subject: Subject, case: Case) -> Iterator[Finding]:
    """Every documented answer is understood as the transcript expects.

    Each exchange is told to `parse` in its scene, event by event where it is a stream; the
    task, quote or error that comes of it has to hold everything that `expect` names. So it
    is with any id, any address of a picture, any size and any time zone.

    Compare the two at the pointer, which is one of the neutral value. If the expectation
    is wrong, the document that `src` names decides.
    """
    exchange = exchange_of(subject, case)
    try:
        found = subject.in_world(world_of(case)).outcome_differences(exchange)
    except Exception as error:  # noqa: BLE001 - a hook may do anything
        raised = f"{type(error).__name__}: {error}"
        message = f"Playing {exchange.id} ends in {type(error).__name__}: raise tintype's own."
        yield _finding(exchange, message, got=raised)
        return
    for difference in found:
        message = f"{exchange.id} is understood otherwise than documented{_with(case)}."
        yield Finding.of(difference, message, src=exchange.src)


def _with(case: Case) -> str:
    return f", with {case}" if case.given else ""


@check_each("parse.nothing-is-invented", exchanges, level=1)
def nothing_is_invented(subject: Subject, case: Case) -> Iterator[Finding]:
    """What a task tells stands in the answer, in the request, or in a document.

    An expiry, a progress, a seed, a size, a count or a code that nobody has said is believed
    all the same: a picture is fetched too late, a person waits for nothing.

    Leave the field None, or "", where the answer does not say it.
    """
    answer = told(subject, case)
    said = verdict(subject, answer) if answer.turns else None
    for name, value in inventions(subject, answer, said) if isinstance(said, Task) else ():
        message = f"Nothing in {case.place} says the {name} that is told. Leave it out."
        yield _finding(answer.exchange, message, got=value)


@check("parse.images-before-an-error", level=1)
def images_before_an_error(subject: Subject) -> Iterator[Finding]:
    """A picture that a stream has shown stays, and an error after it is told beside it.

    The events of each documented stream up to its first picture are told, and then each
    documented error of a stream. The picture was charged for when it was shown.

    Keep `exchange.task.images`, and add the failure to `errors`.
    """
    looked = False
    for answer, turns in shown_and_broken(subject):
        looked = True
        said = verdict(subject, evolve(answer, turns=turns))
        if not (isinstance(said, Task) and said.images and said.errors):
            message = f"{answer.exchange.id}, broken off by an error after its first picture,"
            yield _finding(answer.exchange, f"{message} loses the one or the other.", got=said)
    if not looked:
        msg = "No document shows both a picture and an error in a stream."
        raise NotApplicable(msg)


def _crowds(subject: Subject) -> Iterator[Case]:
    """Every answer with an array of images, told with three, in every world."""
    for case in worlds(subject):
        if pictures_told(subject, exchange_of(subject, case)):
            yield case.giving(images=PICTURES)


@check_each(
    "parse.images-in-order", _crowds, level=1, none="No documented answer holds an array of images."
)
def images_in_order(subject: Subject, case: Case) -> Iterator[Finding]:
    """All images of an answer are kept, in the provider's order, each with its index.

    The documented answers are told again with three images in place of theirs. A plugin
    that takes the first loses what the caller has paid for.

    Go through the whole array; `index` counts from 0.
    """
    exchange = exchange_of(subject, case)
    wanted = pictures_told(subject, exchange, world_of(case)) if "images" in case.given else []
    said = verdict(subject, told(subject, case))
    got = images_drawn(said)
    if wanted and got != wanted:
        message = f"{exchange.id}, told with {case}, loses some or their order. Keep all."
        yield _finding(exchange, message, expected=wanted, got=got or said)


# ------------------------------------------------------------------ forward and back


def _strangers(subject: Subject) -> Iterator[Case]:
    """An unknown key in each object; like its siblings where they are all objects, as in a map."""
    for case, answer in shapes(subject):
        for pointer, value in places(answer.body):
            if isinstance(value, Mapping):
                siblings = list(value.values())
                as_map = siblings and all(isinstance(each, Mapping) for each in siblings)
                stranger = siblings[0] if as_map else {"nested": [1, None, "text"]}
                yield case.giving(**{join(pointer, _STRANGE): stranger})


@check_each("parse.unknown-keys-tolerated", _strangers, level=1)
def unknown_keys_tolerated(subject: Subject, case: Case) -> Iterator[Finding]:
    """A key that no document names changes nothing, and is kept in `raw`.

    Providers add fields on any day; a plugin that refuses them breaks on that day, and
    what they say is of use to somebody.

    Read into classes that name only what is used (`tintype.convert.read`), and put the
    second value that it returns into `Update.raw`.
    """
    answer = told(subject, case)
    said = verdict(subject, answer)
    fault = ""
    if not _same(verdict(subject, usual(subject, case)), said):
        fault = "is understood otherwise. Tolerate it."
    elif isinstance(said, Task) and not answer.streamed and _STRANGE not in dump(said.raw):
        fault = "loses it. Keep the whole answer in `raw`."
    if fault and case.given:
        message = f"{case.place} with an unknown key {fault}"
        yield _finding(answer.exchange, message, got=said, pointer=_pointer(case))


def _pointer(case: Case) -> str:
    return next((name for name in case.given if name.startswith("/")), "")


def _turned(subject: Subject) -> Iterator[Case]:
    """Each object with its keys turned round."""
    for case, answer in shapes(subject):
        for pointer, value in places(answer.body):
            if isinstance(value, Mapping) and len(value) > 1:
                yield case.giving(**{"keys-of": pointer})


@check_each("parse.keys-in-any-order", _turned, level=1)
def keys_in_any_order(subject: Subject, case: Case) -> Iterator[Finding]:
    """The order of an object's keys says nothing (RFC 8259).

    Every documented answer is told with the keys of each object turned round.

    Read a value by its key, and never by its place or by a search in the text.
    """
    known, said = verdict(subject, usual(subject, case)), verdict(subject, told(subject, case))
    if not _same(known, said):
        message = f"{case.place} with {case}, in another order, is read otherwise. Read by key."
        yield _finding(exchange_of(subject, case), message, expected=known, got=said)


def _incomplete(subject: Subject) -> Iterator[Case]:
    """Each answer without each of its keys."""
    for case, answer in shapes(subject):
        for pointer, _ in places(answer.body):
            if pointer:
                yield case.giving(**{pointer: DROPPED})


@check_each("parse.missing-keys-are-told", _incomplete, level=1)
def missing_keys_are_told(subject: Subject, case: Case) -> Iterator[Finding]:
    """An answer without a documented key is an error that says where, or needs no such key.

    Each key of each documented answer is left out by itself. What comes of it is a value
    that claims nothing it has not, or one of tintype's errors with the key's place.

    Declare the key in the wire class: with a default if it may be absent, without one if
    it may not; `tintype.convert` then raises the right error.
    """
    answer = told(subject, case)
    said = verdict(subject, answer)
    fault = _hollow(said)
    if fault:
        message = f"{case.place} without {_pointer(case)} {fault}"
        yield _finding(answer.exchange, message, got=said, pointer=_pointer(case))


def _hollow(said: Parsed) -> str:
    match said:
        case Broken(deed=deed):
            return f"is not understood: {deed}. Raise ProtocolError."
        case ProtocolError() if not (said.pointer or "/" in str(said) or "'" in str(said)):
            return f"is an error that does not say where: {said}. Give it a pointer."
        case TintypeError():
            return ""
        case _:
            claim = empty_success(said)
            return f"{claim}. Raise ProtocolError." if claim else ""


# ---------------------------------------------------------------------- encodings


def _encoded(subject: Subject) -> Iterator[Case]:
    """Each answer behind a byte order mark, between blank lines, and as other content types."""
    for answer in _whole_answers(subject):
        case = Case(place=answer.exchange.id)
        yield case.giving(before="\ufeff")
        yield case.giving(before="\r\n ", behind="\n\n")
        for media_type in _TYPES if answer.status is not None else ():
            yield case.giving(type=media_type)


@check_each("parse.encodings", _encoded, level=1)
def encodings(subject: Subject, case: Case) -> Iterator[Finding]:
    """A byte order mark, and whatever the content type says of JSON, change nothing.

    Gateways rewrite headers, and some servers begin UTF-8 with a mark.

    Read bodies with `tintype.convert`, which looks at the bytes, not at the header.
    """
    said = verdict(subject, told(subject, case))
    if not _same(verdict(subject, usual(subject, case)), said):
        message = f"{case.place} with {case} is understood otherwise. Read the bytes."
        yield _finding(exchange_of(subject, case), message, got=said)


def _cut(subject: Subject) -> Iterator[Case]:
    for answer in _whole_answers(subject):
        whole = len(bytes_of(answer).rstrip())
        for end in range(0, whole, 1 + whole // _CUTS):
            yield Case(place=answer.exchange.id, given={"cut": end})


@check_each("parse.truncated", _cut, level=1)
def truncated(subject: Subject, case: Case) -> Iterator[Finding]:
    """An answer that is cut short at any byte is an error, never a result.

    A connection that breaks may look complete. While a task is polled the error is asked
    again; a result made of half an answer is final.

    Read the body as a whole with `tintype.convert.read`, never with a search for a URL.
    """
    said = verdict(subject, told(subject, case)) if case.given else None
    if said is not None and not isinstance(said, TintypeError):
        message = f"{case.place} with {case} is no error. Raise ProtocolError."
        yield _finding(exchange_of(subject, case), message, got=said)


# ------------------------------------------------------------------- what is no answer


def _impostors(subject: Subject) -> Iterator[Case]:
    """In answer to each question for a task, a price or a list, what is no answer to it.

    A cancel may be answered with 204.
    """
    known: dict[str, Answer] = {}
    for answer in documented_answers(subject):
        if not answer.streamed and answer.status is not None:
            known.setdefault(answer.exchange.operation, answer)
    for answer in (it for operation, it in known.items() if operation != "cancel"):
        case = Case(place=answer.exchange.id)
        yield from (case.giving(body="", status=status) for status in (200, 204))
        for status in (200, 404, 502, 503):
            yield case.giving(body=_GATEWAY, status=status, type="text/html")
        for text in ("null", "[]", "42", '"text"', "true", "{", "NaN", "[" * 5000):
            yield case.giving(body=text, status=200)


@check_each("parse.not-an-answer", _impostors, level=1)
def not_an_answer(subject: Subject, case: Case) -> Iterator[Finding]:
    """Nothing, HTML, or JSON that is no object is an error of this exchange, under any status.

    A gateway answers in the provider's name with whatever it likes: an empty 200, a 204,
    an HTML page with 200 or 502.

    Read the body with `tintype.convert.read`; before that raise the error of a status that
    is no success.
    """
    said = verdict(subject, told(subject, case)) if "body" in case.given else None
    if said is not None and not isinstance(said, TintypeError):
        exchange = exchange_of(subject, case)
        message = f"{case} in answer to a {exchange.operation} is no error."
        mend = "Raise ProtocolError, or ServerError from 500 on."
        yield _finding(exchange, f"{message} {mend}", got=said)


# ---------------------------------------------------------------------- exactness


@check("parse.numbers-exact", level=1)
def numbers_exact(subject: Subject) -> Iterator[Finding]:
    """Numbers come through exactly: amounts with many digits, integers beyond 2**53.

    A float turns 0.1 into something else, and money with it.

    Read bodies with `tintype.convert`, whose fractions are `Decimal`; do not call
    `float()` or `json.loads` on a body.
    """
    for answer in _whole_answers(subject):
        for fault in number_faults(subject, answer):
            message = f"{fault.place} of what {answer.exchange.id} comes to loses digits."
            yield Finding(
                message=f"{message} Keep Decimal, or int.",
                expected=fault.told,
                got=fault.made,
                pointer=fault.pointer,
                exchange=answer.exchange.id,
                src=answer.exchange.src,
                mutations=(f"{fault.pointer}={fault.told}",),
            )


@check("parse.no-image-in-raw", level=1)
def no_image_in_raw(subject: Subject) -> Iterator[Finding]:
    """`raw` and `notes` hold no encoded image.

    A task is logged, recorded and sent between processes; megabytes of base64 in it are
    nobody's evidence. `raw` says `<N bytes>` in their place.

    Use the second value of `tintype.convert.read`, or `tintype.convert.redact`.
    """
    looked = False
    for exchange in subject.exchanges():
        answer = next(each for each in documented_answers(subject) if each.exchange is exchange)
        encoded = encoded_images(subject, exchange)
        looked = looked or bool(encoded)
        for said in listen(subject, answer) if encoded else ():
            kept = dump({"raw": said.raw, "notes": said.notes}) if isinstance(said, Task) else ""
            if any(text in kept for text in encoded):
                message = f"What {exchange.id} comes to holds an encoded image in raw or notes."
                yield _finding(exchange, f"{message} Put <N bytes> in its place.")
                break
    if not looked:
        msg = "No documented answer holds an encoded image."
        raise NotApplicable(msg)


# ------------------------------------------------------------------------ the pieces


def _whole_answers(subject: Subject) -> Iterator[Answer]:
    """The answers that are one JSON body."""
    for answer in one_a_shape(subject):
        if not answer.streamed and answer.body is not MISSING:
            yield answer


def _same(one: Parsed, other: Parsed) -> bool:
    """Whether two outcomes say the same, whatever `raw` keeps."""
    if isinstance(one, Task) and isinstance(other, Task):
        return evolve(one, raw={}) == evolve(other, raw={})
    if isinstance(one, TintypeError) and isinstance(other, TintypeError):
        return type(one) is type(other) and vars(one) == vars(other)
    return one == other


def _finding(
    exchange: DocumentedExchange,
    message: str,
    *,
    expected: object = None,
    got: object = None,
    pointer: str = "",
) -> Finding:
    return Finding(
        message=message,
        expected=expected,
        got=got,
        exchange=exchange.id,
        src=exchange.src,
        pointer=pointer,
    )
