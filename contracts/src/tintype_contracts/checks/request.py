"""Checks that a plugin sends what is documented, all of it, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import fields_dict

from tintype.errors import InvalidRequestError
from tintype.messages import FormBody, JsonBody, MultipartBody, RawBody
from tintype.request import ImageRequest
from tintype_contracts.case import Case
from tintype_contracts.check import Finding, NotApplicable, check, check_each
from tintype_contracts.fixtures.pointers import MISSING, get, leaves
from tintype_contracts.fixtures.routes import find_route, misled, split
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.curl import (
    command_differences,
    exchange_printed_in,
    printed_commands,
)
from tintype_contracts.strategies.builder import (
    Builder,
    Built,
    builder_of,
    found_at,
    questions,
    same_images,
)
from tintype_contracts.strategies.references import image_of, images_in
from tintype_contracts.strategies.requests import (
    UNHEARD_OF,
    beyond_bounds,
    documented,
    foreign,
    is_sent,
    unreached,
)
from tintype_contracts.strategies.tellings import exchange_of, world_of, worlds
from tintype_contracts.strategies.together import together
from tintype_contracts.strategies.values import most_references

_MANY = 5
_LONG = 40_000
_PROMPTS = (
    "Zoe\u0308 im Schne\u0301e, A\u030angstro\u0308m, \ufb01ligree ① ½ Ⅷ",
    "\u200b👩\u200d👩\u200d👧\ufe0f🏳️\u200d🌈 क्\u200dष\u2060\ufeff",
    "\u05e9\u05dc\u05d5\u05dd \u202b\u05e2\u05d5\u05dc\u05dd\u202c, \u200fثلج\u200e: 1, 2",
    "tab\there\u00a0there\u2028and\u3000there",
    "A Fox, a FOX; https://caller.test/Fox?a=1&b=%2F+c",
    "ein Bär im Schnee, naïve art",
    "雪の中の赤い狐",
    "a fox 🦊 in \U0001d525\U0001d522",
    "first line\nsecond line\r\n\ttabbed",
    'quotes " and \\ and <b>&amp;</b> and %20 and {{braces}}',
    "  spaces on both sides  ",
)


# ---------------------------------------------------------------- what is documented


@check_each("request.documented-example", worlds, level=1)
def documented_example(subject: Subject, case: Case) -> Iterator[Finding]:
    """Every documented question is asked exactly as documented.

    For the `case` of each exchange the plugin has to build the request that stands in the
    transcript: method, URL, query, auth header, and each value of the body with its JSON
    type. 1, 1.0, "1" and true are four values. A task is asked for by any id it may have:
    with capitals, slashes, blanks, percent signs; and so it is on any day.

    Compare the two at the pointer. If the transcript is wrong, the document that `src`
    names decides.
    """
    exchange = exchange_of(subject, case)
    tied = exchange.operation in {"poll", "cancel"} or {*case.given} <= {"now"}
    found = subject.in_world(world_of(case)).request_differences(exchange) if tied else []
    for difference in found:
        message = f"The request of {exchange.id} is not the documented one"
        message = f"{message}, with {case}." if case.given else f"{message}."
        src = exchange.request_src or exchange.src
        yield Finding.of(difference, f"{message} Send what it shows.", src=src)


@check("request.printed-command", level=1)
def printed_command(subject: Subject) -> Iterator[Finding]:
    """Every curl command that the documents print is what the plugin would send.

    The transcripts were written by a hand that also knows the plugin; a printed command
    was not.

    Build the same method, URL, headers and body as the command in the source's excerpt.
    """
    commands = list(printed_commands(subject.fixtures))
    if not commands:
        msg = "The documents print no curl command."
        raise NotApplicable(msg)
    for source, curl in commands:
        exchange = exchange_printed_in(subject.fixtures, source)
        if exchange is None:
            message = "No exchange shows the command of this source: add one with it as `src`."
            yield Finding(message=message, src=source)
            continue
        for difference in command_differences(subject.rehearsal, exchange, curl):
            message = f"The command printed in {source} is another request: send what it sends."
            yield Finding.of(difference, message, exchange=exchange.id, src=source)


# ------------------------------------------------------------------- what is sent


@check_each("request.only-documented-fields", documented, level=1)
def only_documented_fields(subject: Subject, case: Case) -> Iterator[Finding]:
    """Nothing is sent that the parameter table does not list, and nothing of another type.

    For every model and every documented value of every field, the body that is built is
    held against the table: names, JSON types, words, bounds, required fields.

    Send the documented name and type, or add the row that the document has.
    """
    yield from _objections(subject, case, f"For {case} the request is not as documented:")


def _of_every_address(subject: Subject) -> Iterator[Case]:
    """Every documented value; fields that meet, where what is given decides about the address."""
    yield from documented(subject)
    if any(route.when or route.models for route in subject.fixtures.routes):
        yield from together(subject)


@check_each("request.documented-route", _of_every_address, level=1)
def documented_route(subject: Subject, case: Case) -> Iterator[Finding]:
    """Every request goes to a documented address, with a body of the documented form.

    The address may not depend on values that no route provides for, nor the form of the
    body (JSON or multipart) on what is asked.

    Use the path, the query and the form of body of the route.
    """
    built = builder_of(subject).tried(case)
    fault = _route_fault(subject, case.place, built) if built else ""
    if built and fault:
        yield Finding(message=f"For {case}: {fault}", got=built.sent.url)


_BODIES: Mapping[type, str | None] = {
    JsonBody: "json",
    FormBody: "form",
    MultipartBody: "multipart",
    RawBody: "raw",
    type(None): None,
}


def _route_fault(subject: Subject, operation: str, built: Built) -> str:
    found = find_route(subject.fixtures, built.sent.method, *split(built.sent.url))
    if found is None or found.route.operation != operation:
        return f"no documented route of {operation} is {built.sent.method} to that address."
    sent = _BODIES[type(built.sent.body)]
    if sent != found.route.body:
        return f"the body is {sent or 'missing'}, and the route takes {found.route.body}."
    return misled(subject.fixtures, found.route, _given(subject, built.resolved))


def _given(subject: Subject, request: ImageRequest) -> Mapping[str, object]:
    """What is given, by the names that rules have for it."""
    plain = {name: getattr(request, name) for name in fields_dict(ImageRequest)}
    given = {name: value for name, value in plain.items() if value is not None}
    return {**given, **request.options.get(subject.info.name, {})}


@check_each("request.fields-together", together, level=1)
def fields_together(subject: Subject, case: Case) -> Iterator[Finding]:
    """A field that is sent when it is given alone is sent when another is given with it.

    Every two values of every two documented fields, raw options among them, are asked of
    every model in some request, and so is every line of the price table. What is not refused,
    and of which the caller is told nothing, arrives, and the body is as documented. A field
    that is dropped may have been quoted.

    Send each field for itself, or refuse the two together and name one of them.
    """
    builder = builder_of(subject)
    built = builder.tried(case)
    for name in builder.named(case) if built else ():
        alone = case.only("model", name)
        silent = built and name not in built.notices and not builder.arrives(case, built, name)
        if built and silent and _arrives(builder, alone, name):
            message = f"With {case}, {name} is not sent in {case.place}."
            yield _of_field(
                builder, case, name, f"{message} Send both, or refuse them together.", built
            )
    yield from _objections(subject, case, f"For {case} the request is not as documented:")


def _arrives(builder: Builder, case: Case, name: str) -> bool:
    built = builder.tried(case)
    return built is not None and builder.arrives(case, built, name)


# --------------------------------------------------------------- what has to arrive


@check_each("request.values-arrive", documented, level=1)
def values_arrive(subject: Subject, case: Case) -> Iterator[Finding]:
    """Every documented value reaches the place where it is documented.

    Each word of each list, and the ends of each range, 0 and False among them, are asked of
    each model by the neutral name; the value has to stand at the documented pointer, and the
    core may not refuse it. A value that is documented to have no effect need not be sent.

    Add the word to the catalog, or send the field: leave out None only, not every falsy value.
    If one model takes less than others, say so with `models` in its row.
    """
    builder = builder_of(subject)
    for name in builder.named(case):
        try:
            built = builder.build(case)
        except InvalidRequestError as error:
            message = f"{case} is documented and refused: {error}"
            row = builder.rows_of(case, name)[0]
            yield Finding(message=message, pointer=row.wire, src=row.src)
            continue
        if built and not builder.arrives(case, built, name):
            yield _of_field(builder, case, name, f"{case} does not arrive: send it.", built)


@check_each("request.optional-left-out", questions, level=1)
def optional_left_out(subject: Subject, case: Case) -> Iterator[Finding]:
    """What a caller leaves open is not sent, and never as null.

    Null is a value, and a default that the plugin invents takes the choice from the
    provider. A documented default may be spelt out.

    Leave the key out where the neutral field is None.
    """
    builder = builder_of(subject)
    built = builder.tried(case)
    for pointer, fault in _superfluous(builder, case, built) if built else ():
        message = f"A request for {case.given['model']} with a prompt alone {fault}."
        yield Finding(message=f"{message} Leave it out.", pointer=pointer)


def _superfluous(builder: Builder, case: Case, built: Built) -> Iterator[tuple[str, str]]:
    """What a request with nothing but a prompt sends although nobody asked for it."""
    for pointer, value in leaves(built.body):
        if value is None:
            yield pointer, f"sends null at {pointer}"
    for row in builder.rows(case.giving(model=built.resolved.model)):
        found = found_at(built, row)
        mine = row.neutral not in {None, "model", "prompt", "n", "options", "references"}
        if mine and found is not MISSING and not row.required and found != row.default:
            yield row.wire, f"sends {found!r} at {row.wire}"


def _unreached(subject: Subject) -> Iterator[Case]:
    """Rows that nothing reaches, as options; and of each model an option of no document."""
    yield from unreached(subject)
    for case in builder_of(subject).submissions():
        yield case.giving(**{UNHEARD_OF: 2})


@check_each("request.every-parameter-is-reachable", _unreached, level=1)
def every_parameter_is_reachable(subject: Subject, case: Case) -> Iterator[Finding]:
    """Every documented parameter can be sent: by its neutral name, or as a raw option.

    So can one that no document describes, unless it is refused. What a caller cannot reach they
    leave the library for.

    Send the field for the neutral name in its row, and merge `request.options` into the
    body with `tintype.convert.merge_options`.
    """
    builder = builder_of(subject)
    for name in case.asked:
        rows = builder.rows_of(case, name)
        if rows and not is_sent(builder, case):
            message = f"{name} of {case.place} is documented and by no means sent as given."
            yield Finding(message=message, pointer=name, src=rows[0].src)
        built = None if rows else builder.tried(case)
        if built is not None and name[1:] not in repr(built.body):
            message = f"An option that nobody has heard of is dropped in silence: {case}."
            yield Finding(message=f"{message} Send it, or refuse it.")


# -------------------------------------------------------------- what has to be refused


@check_each("request.out-of-range-is-refused", beyond_bounds, level=1)
def out_of_range_is_refused(subject: Subject, case: Case) -> Iterator[Finding]:
    """A value beyond a documented bound never leaves: it is refused, and the field named.

    A provider may bill for what it then changes or ignores. The error has to name the
    caller's own field.

    Describe the bound in the catalog (the core refuses then), or raise
    `InvalidRequestError(field=…)` in the hook.
    """
    try:
        builder_of(subject).build(case)
    except InvalidRequestError as error:
        if not error.field:
            yield Finding(message=f"The refusal of {case} names no field: {error}")
        return
    message = f"{case} is beyond what is documented and is sent. Bound it in the catalog."
    yield from _objections(subject, case, message)


@check_each(
    "request.unsupported-is-refused",
    foreign,
    level=1,
    none="Every documented field is for every model.",
)
def unsupported_is_refused(subject: Subject, case: Case) -> Iterator[Finding]:
    """A field that one model has and another has not is not sent to the other.

    Nor is it dropped in silence: the caller is told by the core, which asks the catalog.

    Describe each model's own parameters in the catalog.
    """
    builder = builder_of(subject)
    built = builder.tried(case)
    wires = {row.wire for row in subject.fixtures.parameters if row.neutral in case.asked}
    if built and any(get(built.body, wire) is not MISSING for wire in wires):
        yield from _objections(subject, case, f"{case} is sent.")


# ------------------------------------------------------- what has to arrive unchanged


def _prompts(subject: Subject) -> Iterator[Case]:
    builder = builder_of(subject)
    for case in builder.questions():
        rows = builder.rows_of(case, "prompt")
        for prompt in _PROMPTS if rows else ():
            yield case.giving(prompt=prompt)
        longest = min((row.max_length for row in rows if row.max_length), default=_LONG)
        if rows:
            yield case.giving(letters=min(_LONG, longest))


@check_each("request.prompt-unchanged", _prompts, level=1)
def prompt_unchanged(subject: Subject, case: Case) -> Iterator[Finding]:
    """The prompt arrives as it was written: other scripts, line breaks, 40 kB.

    Letters stay as they are composed, joined and directed. Stripping, escaping or cutting a
    prompt changes the picture, and the caller never learns why.

    Send `request.prompt` as it is. A documented length is a bound in the catalog.
    """
    builder = builder_of(subject)
    built = builder.build(case) if case.asked else None
    for row in builder.rows_of(case, "prompt")[:1] if built else ():
        if built and found_at(built, row) != built.asked.prompt:
            message = "The prompt does not arrive as it was written: send it as it is."
            yield _of_field(builder, case, "prompt", message, built, built.asked.prompt)


def _sources(subject: Subject) -> Iterator[Case]:
    """Five references, or as many as may be, in each form."""
    builder = builder_of(subject)
    for case in builder.submissions():
        accepts = builder.model(case).references
        many = min(_MANY, most_references(builder.model(case), _MANY))
        for form in ("url", "data_uri", "bytes") if accepts else ():
            yield case.giving(references=f"{many} {form}")


@check_each("request.references-unchanged", _sources, level=1, none="No model takes source images.")
def references_unchanged(subject: Subject, case: Case) -> Iterator[Finding]:
    """Source images arrive in the order given, each encoded once, five of them, one twice.

    A URL arrives as that URL; a `data:` URL or bytes decode, after one decoding, to the
    very bytes that the caller gave. A form that the model does not take is refused.

    Put `reference.url` or `reference.data` into the body as it is: the core has already
    made it a form that the catalog lists.
    """
    builder = builder_of(subject)
    accepts = builder.model(case).references
    form = str(case.asked.get("references")).rpartition(" ")[2]
    try:
        built = builder.build(case) if case.asked else None
    except InvalidRequestError as error:
        if accepts is not None and form in accepts.forms:
            message = f"{case}: the catalog names that form, and it is refused: {error}"
            yield Finding(message=f"{message} Correct the catalog or the hook.")
        return
    given = built.asked.references if built else ()
    rows = sorted(builder.rows_of(case, "references"), key=lambda row: row.nth)
    role = given[0].role if given else "image"
    rows = [row for row in rows if (row.role or "image") == role]
    arrived = [found_at(built, row) for row in rows if built and not row.nth]
    numbered = [found_at(built, row) for row in rows if built and row.nth]
    arrived += [numbered] if numbered else []
    if given and not any(same_images(found, given) for found in arrived):
        yield Finding(
            message=f"{case} do not arrive as they were. Send each once, in order, encoded once.",
            expected=[image_of(each) for each in given],
            got=[list(images_in(found)) for found in arrived],
        )


# ------------------------------------------------------------------------ the pieces


def _objections(subject: Subject, case: Case, message: str) -> Iterator[Finding]:
    """What the parameter table says of what is sent for a case."""
    builder = builder_of(subject)
    built = builder.tried(case)
    for objection in builder.objections(case, built) if built else ():
        place = re.match(r"/[^:\s]*", objection)
        yield Finding(message=f"{message} {objection}", pointer=place[0] if place else "")


def _of_field(
    builder: Builder,
    case: Case,
    name: str,
    message: str,
    built: Built,
    expected: object = None,
) -> Finding:
    """A finding about what is given under a name."""
    row = builder.rows_of(case, name)[0]
    found = found_at(built, row)
    return Finding(
        message=message,
        expected=case.given[name] if expected is None else expected,
        got="nothing" if found is MISSING else found,
        pointer=row.wire,
        src=row.src,
    )
