"""Checks that a plugin sends what is documented, all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from attrs import evolve

from tintype.catalog import Model, ReferenceForm
from tintype.errors import InvalidRequestError
from tintype.messages import FormBody, JsonBody, MultipartBody, RawBody
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.comparing import Difference
from tintype_contracts.fixtures.format import DocumentedExchange, OperationName, Parameter
from tintype_contracts.fixtures.pointers import MISSING, leaves
from tintype_contracts.fixtures.routes import find_route, split
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.worlds import World
from tintype_contracts.oracles.curl import (
    command_differences,
    exchange_of,
    printed_commands,
)
from tintype_contracts.oracles.openness import in_worlds
from tintype_contracts.strategies.builder import Builder, Built, carries, found_at, same_images
from tintype_contracts.strategies.references import image_of, images_in
from tintype_contracts.strategies.requests import (
    Probe,
    built_quietly,
    documented_probes,
    foreign_probes,
    lost_option,
    probes,
    rows_of_field,
    unreached,
)
from tintype_contracts.strategies.values import references, refused

_FORMS: tuple[ReferenceForm, ...] = ("url", "data_uri", "bytes")
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


@check("request.documented-example", level=1)
def documented_example(subject: Subject) -> Iterator[Finding]:
    """Every documented question is asked exactly as documented.

    For the `case` of each exchange the plugin has to build the request that stands in the
    transcript: method, URL, query, auth header, and each value of the body with its JSON
    type. 1, 1.0, "1" and true are four values. A task is asked for by any id it may have:
    with capitals, slashes, blanks, percent signs; and so it is on any day.

    Compare the two at the pointer. If the transcript is wrong, the document that `src`
    names decides.
    """
    for exchange in subject.exchanges():
        src = exchange.request_src or exchange.src
        for world, difference in in_worlds(partial(_differences, subject, exchange)):
            told = f" with the {world}" if world.others else ""
            message = f"The request of {exchange.id}{told} is not the documented one."
            yield evolve(
                Finding.of(
                    difference, f"{message} Send what it shows.", exchange=exchange.id, src=src
                ),
                mutations=world.mutations,
            )


def _differences(subject: Subject, exchange: DocumentedExchange, world: World) -> list[Difference]:
    tied = exchange.operation in {"poll", "cancel"} or world.now or not world.others
    return subject.in_world(world).request_differences(exchange) if tied else []


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
        exchange = exchange_of(subject.fixtures, source)
        if exchange is None:
            message = "No exchange shows the command of this source: add one with it as `src`."
            yield Finding(message=message, src=source)
            continue
        for difference in command_differences(subject.rehearsal, exchange, curl):
            message = f"The command printed in {source} is another request: send what it sends."
            yield Finding.of(difference, message, exchange=exchange.id, src=source)


# ------------------------------------------------------------------- what is sent


@check("request.only-documented-fields", level=1)
def only_documented_fields(subject: Subject) -> Iterator[Finding]:
    """Nothing is sent that the parameter table does not list, and nothing of another type.

    For every model and every documented value of every field, the body that is built is
    held against the table: names, JSON types, words, bounds, required fields.

    Send the documented name and type, or add the row that the document has.
    """
    builder = Builder(subject)
    told: set[tuple[str, str]] = set()
    for probe in documented_probes(builder):
        built = built_quietly(builder, probe)
        for objection in builder.objections(probe.operation, built) if built else ():
            if (probe.model.id, objection) not in told:
                told.add((probe.model.id, objection))
                yield _finding(
                    probe, f"For {probe.asked} the request is not as documented: {objection}"
                )


@check("request.documented-route", level=1)
def documented_route(subject: Subject) -> Iterator[Finding]:
    """Every request goes to a documented address, with a body of the documented form.

    The address may not depend on values that no route provides for, nor the form of the
    body (JSON or multipart) on what is asked.

    Use the path, the query and the form of body of the route.
    """
    builder = Builder(subject)
    told: set[str] = set()
    for probe in documented_probes(builder):
        built = built_quietly(builder, probe)
        fault = _route_fault(subject, probe.operation, built) if built else ""
        if built and fault and built.sent.url not in told:
            told.add(built.sent.url)
            yield _finding(probe, f"For {probe.asked}: {fault}", got=built.sent.url)


_BODIES: Mapping[type, str | None] = {
    JsonBody: "json",
    FormBody: "form",
    MultipartBody: "multipart",
    RawBody: "raw",
    type(None): None,
}


def _route_fault(subject: Subject, operation: OperationName, built: Built) -> str:
    found = find_route(subject.fixtures, built.sent.method, *split(built.sent.url))
    if found is None or found.route.operation != operation:
        return f"no documented route of {operation} is {built.sent.method} to that address."
    sent = _BODIES[type(built.sent.body)]
    if sent != found.route.body:
        return f"the body is {sent or 'missing'}, and the route takes {found.route.body}."
    return ""


# --------------------------------------------------------------- what has to arrive


@check("request.values-arrive", level=1)
def values_arrive(subject: Subject) -> Iterator[Finding]:
    """Every documented value reaches the place where it is documented.

    Each word of each list, and the ends of each range, 0 and False among them, are asked of
    each model by the neutral name; the value has to stand at the documented pointer, and the
    core may not refuse it. A value that is documented to have no effect need not be sent.

    Add the word to the catalog, or send the field: leave out None only, not every falsy value.
    If one model takes less than others, say so with `models` in its row.
    """
    builder = Builder(subject)
    for probe in documented_probes(builder):
        try:
            built = builder.build(probe.operation, probe.model, **{probe.field: probe.value})
        except InvalidRequestError as error:
            yield _finding(probe, f"{probe.asked} is documented and refused: {error}")
            continue
        rows = rows_of_field(builder, probe)
        if built and not any(_arrives(built, row, probe) for row in rows):
            got = _shown(found_at(built, probe.row))
            message = f"{probe.asked} does not reach {probe.row.wire}: send it there."
            yield _finding(probe, message, expected=probe.value, got=got)


@check("request.optional-left-out", level=1)
def optional_left_out(subject: Subject) -> Iterator[Finding]:
    """What a caller leaves open is not sent, and never as null.

    Null is a value, and a default that the plugin invents takes the choice from the
    provider. A documented default may be spelt out.

    Leave the key out where the neutral field is None.
    """
    builder = Builder(subject)
    for operation in builder.operations():
        for model in builder.models():
            built = _minimal(builder, operation, model)
            for pointer, fault in _superfluous(builder, operation, built) if built else ():
                message = f"A request for {model.id} with a prompt alone {fault}."
                yield Finding(message=f"{message} Leave it out.", pointer=pointer)


@check("request.every-parameter-is-reachable", level=1)
def every_parameter_is_reachable(subject: Subject) -> Iterator[Finding]:
    """Every documented parameter can be sent: by its neutral name, or as a raw option.

    So can one that no document describes, unless it is refused. What a caller cannot reach they
    leave the library for.

    Send the field for the neutral name in its row, and merge `request.options` into the
    body with `tintype.convert.merge_options`.
    """
    builder = Builder(subject)
    for operation, row in unreached(builder):
        message = f"{row.wire} of {operation} is documented and by no means sent as given."
        yield Finding(message=message, pointer=row.wire, src=row.src)
    for model in builder.models():
        if lost_option(builder, model):
            message = f"An option that nobody has heard of is dropped in silence by {model.id}."
            yield Finding(message=f"{message} Send it, or refuse it.", got=model.id)


# -------------------------------------------------------------- what has to be refused


@check("request.out-of-range-is-refused", level=1)
def out_of_range_is_refused(subject: Subject) -> Iterator[Finding]:
    """A value beyond a documented bound never leaves: it is refused, and the field named.

    A provider may bill for what it then changes or ignores. The error has to name the
    caller's own field.

    Describe the bound in the catalog (the core refuses then), or raise
    `InvalidRequestError(field=…)` in the hook.
    """
    builder = Builder(subject)
    for probe in probes(builder, refused):
        try:
            built = builder.build(probe.operation, probe.model, **{probe.field: probe.value})
        except InvalidRequestError as error:
            if not error.field:
                yield _finding(probe, f"The refusal of {probe.asked} names no field: {error}")
            continue
        for objection in builder.objections(probe.operation, built) if built else ():
            message = f"{probe.asked} is beyond what is documented and is sent. {objection}"
            yield _finding(probe, f"{message} Bound it in the catalog.", got=_shown(probe.value))


@check("request.unsupported-is-refused", level=1)
def unsupported_is_refused(subject: Subject) -> Iterator[Finding]:
    """A field that one model has and another has not is not sent to the other.

    Nor is it dropped in silence: the caller is told by the core, which asks the catalog.

    Describe each model's own parameters in the catalog.
    """
    builder = Builder(subject)
    looked = False
    for probe in foreign_probes(builder):
        looked = True
        try:
            built = builder.build(probe.operation, probe.model, **{probe.field: probe.value})
        except InvalidRequestError:
            continue
        objections = builder.objections(probe.operation, built) if built else ()
        for objection in objections if built and _holds(built, probe.row) else ():
            yield _finding(probe, f"{probe.asked} is sent. {objection}")
    if not looked:
        msg = "Every documented field is for every model."
        raise NotApplicable(msg)


# ------------------------------------------------------- what has to arrive unchanged


@check("request.prompt-unchanged", level=1)
def prompt_unchanged(subject: Subject) -> Iterator[Finding]:
    """The prompt arrives as it was written: other scripts, line breaks, 40 kB.

    Letters stay as they are composed, joined and directed. Stripping, escaping or cutting a
    prompt changes the picture, and the caller never learns why.

    Send `request.prompt` as it is. A documented length is a bound in the catalog.
    """
    builder = Builder(subject)
    for operation in builder.operations():
        for model in builder.models():
            yield from _prompt_faults(builder, operation, model)


def _prompt_faults(builder: Builder, operation: OperationName, model: Model) -> Iterator[Finding]:
    rows = [row for row in builder.rows(operation, model.id) if row.neutral == "prompt"]
    longest = min((row.max_length for row in rows if row.max_length), default=_LONG)
    for prompt in (*_PROMPTS, _long(min(_LONG, longest))) if rows else ():
        built = builder.build(operation, model, prompt=prompt)
        found = found_at(built, rows[0]) if built else prompt
        if found != prompt:
            message = (
                f"A prompt for {model.id} does not arrive as it was written: send it as it is."
            )
            yield Finding(message=message, expected=prompt, got=_shown(found), src=rows[0].src)


def _long(length: int) -> str:
    """Words no two of which are alike, so that nothing is cut or folded unseen."""
    return " ".join(map(str, range(length)))[:length]


@check("request.references-unchanged", level=1)
def references_unchanged(subject: Subject) -> Iterator[Finding]:
    """Source images arrive in the order given, each encoded once, five of them, one twice.

    A URL arrives as that URL; a `data:` URL or bytes decode, after one decoding, to the
    very bytes that the caller gave. A form that the model does not take is refused.

    Put `reference.url` or `reference.data` into the body as it is: the core has already
    made it a form that the catalog lists.
    """
    builder = Builder(subject)
    looked = False
    for model in builder.models():
        for form in _FORMS if model.references else ():
            looked = True
            yield from _reference_faults(builder, model, form)
    if not looked:
        msg = "No model takes source images."
        raise NotApplicable(msg)


def _reference_faults(builder: Builder, model: Model, form: ReferenceForm) -> Iterator[Finding]:
    accepts = model.references
    count = min(_MANY, (accepts and accepts.max_count) or _MANY)
    given = references(count, form)
    try:
        built = builder.build("submit", model, references=given)
    except InvalidRequestError:
        taken = accepts is not None and form in accepts.forms
        if taken:
            message = f"{model.id} is said to take references as {form}, and refuses them."
            yield Finding(message=f"{message} Correct the catalog or the hook.")
        return
    rows = [row for row in builder.rows("submit", model.id) if row.neutral == "references"]
    arrived = [found_at(built, row) for row in rows] if built else []
    if not any(same_images(found, given) for found in arrived):
        message = f"References given to {model.id} as {form} do not arrive as they were."
        yield Finding(
            message=f"{message} Send each once, in order, encoded once.",
            expected=[image_of(each) for each in given],
            got=[list(images_in(found)) for found in arrived],
        )


# ------------------------------------------------------------------------ the pieces


def _arrives(built: Built, row: Parameter, probe: Probe) -> bool:
    found = found_at(built, row)
    if found is MISSING:
        # Spelling out a documented default and leaving it out mean the same.
        return row.default is not None and carries(row, row.default, probe.value)
    return carries(row, found, probe.value)


def _holds(built: Built, row: Parameter) -> bool:
    return found_at(built, row) is not MISSING


def _minimal(builder: Builder, operation: OperationName, model: Model) -> Built | None:
    try:
        return builder.build(operation, model)
    except InvalidRequestError:
        return None


def _superfluous(
    builder: Builder, operation: OperationName, built: Built
) -> Iterator[tuple[str, str]]:
    """What a request with nothing but a prompt sends although nobody asked for it."""
    for pointer, value in leaves(built.body):
        if value is None:
            yield pointer, f"sends null at {pointer}"
    for row in builder.rows(operation, built.resolved.model or ""):
        found = found_at(built, row)
        mine = row.neutral not in {None, "model", "prompt", "n", "options", "references"}
        if mine and found is not MISSING and not row.required and found != row.default:
            yield row.wire, f"sends {found!r} at {row.wire}"


def _shown(value: object) -> object:
    return "nothing" if value is MISSING else value


def _finding(probe: Probe, message: str, *, expected: object = None, got: object = None) -> Finding:
    return Finding(
        message=message,
        expected=expected,
        got=got,
        pointer=probe.row.wire,
        src=probe.row.src,
        exchange=probe.operation,
        mutations=probe.mutations,
    )
