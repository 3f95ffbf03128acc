"""What must hold across the files of one fixture set: what a schema cannot say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

import attrs

from tintype import errors
from tintype_contracts import kit
from tintype_contracts.faults import Fault
from tintype_contracts.format import STORIES, Exchange, Fixtures, Row
from tintype_contracts.placeholders import NAMES, placeholders
from tintype_contracts.pointers import covers, join
from tintype_contracts.routes import find_route, split
from tintype_contracts.rules_of_scenes import scene_faults

_Files: TypeAlias = Mapping[str, bytes]
_TABLES = "provider.json"
_FORMS = ("json", "multipart", "text", "base64", "events")
_OUTCOMES: Mapping[str, frozenset[str]] = {
    "price": frozenset({"quote", "error"}),
    "prepare": frozenset({"request", "error"}),
    "submit": frozenset({"task", "error"}),
    "poll": frozenset({"task", "error"}),
    "webhook": frozenset({"task", "error"}),
    "cancel": frozenset({"task", "error"}),
    "models": frozenset({"provider", "error"}),
}


def check(fixtures: Fixtures, files: _Files) -> list[Fault]:
    """Every broken rule."""
    across = [fault for rule in _RULES for fault in rule(fixtures, files)]
    exchanges = fixtures.exchanges.values()
    within = [
        fault
        for exchange in exchanges
        for rule in _EXCHANGE_RULES
        for fault in rule(fixtures, exchange)
    ]
    return [*across, *within]


# ------------------------------------------------------------------ the set as a whole


def _excerpts_are_true(fixtures: Fixtures, files: _Files) -> Iterator[Fault]:
    for name, source in fixtures.sources.items():
        at = f"{join('/sources', name)}/sha256"
        if not source.file:
            continue
        digest = hashlib.sha256(files.get(source.file, b"")).hexdigest()
        if source.file not in files:
            yield _fault(at, f"The excerpt {source.file} is missing.", "Add it.")
        elif digest != source.sha256:
            yield _fault(at, f"{source.file} has the SHA-256 {digest}.", "Compare, then write it.")


def _no_file_is_orphan(fixtures: Fixtures, files: _Files) -> Iterator[Fault]:
    named = {source.file for source in fixtures.sources.values()}
    stories = {f"{name}.json" for name in fixtures.stories}
    for name in sorted(files.keys() - named - stories - {_TABLES}):
        message = "No source and no story names this file."
        yield Fault(file=name, pointer="", message=message, mend="Name it, or take it away.")


def _every_row_has_its_source(fixtures: Fixtures, _: _Files) -> Iterator[Fault]:
    for at, row in _rows(fixtures):
        yield from _row_faults(fixtures, _TABLES, at, row)


def _the_verbatim_can_be_looked_up(fixtures: Fixtures, _: _Files) -> Iterator[Fault]:
    for at, row in [*_rows(fixtures), *fixtures.exchanges.items()]:
        source = fixtures.sources.get(row.src)
        if source and row.kind == "verbatim" and not (source.url or source.file):
            message = f"{at} is verbatim, and its source has neither a URL nor an excerpt."
            mend = "Name the document's URL, store the payload, or call it adapted."
            yield _fault(join("/sources", row.src), message, mend)


def _the_kit_is_the_one_meant(fixtures: Fixtures, _: _Files) -> Iterator[Fault]:
    fits = kit.serves(fixtures.kit)
    if fits is None:
        yield _fault("/kit", f"{fixtures.kit!r} is no range of versions.", "Write >=1,<2.")
    elif not fits:
        message = f"It was written for the kit {fixtures.kit}, and this one is {kit.VERSION}."
        yield _fault("/kit", message, "Install the kit it names, or bring the set up to date.")


def _scenes_can_be_told_apart(fixtures: Fixtures, _: _Files) -> Iterator[Fault]:
    yield from scene_faults(fixtures)


def _every_story_is_told(fixtures: Fixtures, _: _Files) -> Iterator[Fault]:
    for story in STORIES:
        told, absent = story in fixtures.stories, story in fixtures.absent
        at = join("/absent", story)
        if told and absent:
            yield _fault(at, f"The story {story} is absent and has a file.", "Keep one of them.")
        elif not told and not absent:
            mend = "Write it, or say in `absent` why the documents do not support it."
            yield _fault("/absent", f"There is no story {story}.", mend)


def _scenes_hold_together(fixtures: Fixtures, _: _Files) -> Iterator[Fault]:
    exchanges = fixtures.exchanges
    used: set[str] = set()
    for story in fixtures.stories.values():
        for scene, ids in story.scenes.items():
            used.update(ids)
            for lost in [name for name in ids if name not in exchanges]:
                at = join("/scenes", scene)
                message = f"There is no exchange {lost!r}."
                yield Fault(
                    file=f"{story.name}.json", pointer=at, message=message, mend="Name one that is."
                )
    for lost in sorted(exchanges.keys() - used):
        yield _exchange_fault(exchanges[lost], "", "No scene uses it.", "Put it into a scene.")


def _errors_exist(fixtures: Fixtures, _: _Files) -> Iterator[Fault]:
    for index, row in enumerate(fixtures.errors):
        if not _is_error(row.error):
            at = f"/errors/{index}/class"
            yield _fault(at, f"tintype.errors has no {row.error}.", "Name a class it has.")


def _parameters_are_sound(fixtures: Fixtures, _: _Files) -> Iterator[Fault]:
    operations = {route.operation for route in fixtures.routes}
    for index, row in enumerate(fixtures.parameters):
        at = f"/parameters/{index}"
        if row.operation not in operations:
            yield _fault(f"{at}/operation", f"No route is for {row.operation}.", "Add the route.")
        if row.pattern is not None and not _compiles(row.pattern):
            yield _fault(f"{at}/pattern", "It is no regular expression.", "Mend the pattern.")


def _webhook_field_is_documented(fixtures: Fixtures, _: _Files) -> Iterator[Fault]:
    field = fixtures.webhooks.field if fixtures.webhooks else None
    if field and field not in {row.wire for row in fixtures.parameters}:
        message = f"The field {field} is not in the parameter table."
        yield _fault("/webhooks/field", message, "Add a row for it.")


def _rows(fixtures: Fixtures) -> Iterator[tuple[str, Row]]:
    """Every row of every table, with its pointer."""
    for table in ("routes", "parameters", "errors", "prices"):
        rows: tuple[Row, ...] = getattr(fixtures, table)
        for index, row in enumerate(rows):
            yield f"/{table}/{index}", row
    for table in ("auth", "states", "billing", "results", "webhooks"):
        row = getattr(fixtures, table)
        if isinstance(row, Row):
            yield f"/{table}", row
    for name, capability in fixtures.capabilities.items():
        yield join("/capabilities", name), capability


# ---------------------------------------------------------------------- an exchange


def _has_its_source(fixtures: Fixtures, exchange: Exchange) -> Iterator[Fault]:
    at = join("/exchanges", exchange.name)
    yield from _row_faults(fixtures, f"{exchange.story}.json", at, exchange)
    if exchange.request_src and exchange.request_src not in fixtures.sources:
        message = f"There is no source {exchange.request_src!r}."
        yield _exchange_fault(exchange, "/request_src", message, "Name one of provider.json.")


def _is_complete(_: Fixtures, exchange: Exchange) -> Iterator[Fault]:
    inbound = exchange.operation == "webhook"
    asked = exchange.request is not None and exchange.response is not None
    if inbound != (exchange.delivery is not None) or inbound == asked:
        mend = "A webhook has a delivery; every other exchange a request and a response."
        yield _exchange_fault(exchange, "", "It lacks a side, or has one too many.", mend)
    if exchange.operation in {"submit", "price"} and exchange.case is None:
        mend = "Write the neutral request that leads to this one."
        yield _exchange_fault(exchange, "", "It has no case.", mend)


def _the_verbatim_is_printed(_: Fixtures, exchange: Exchange) -> Iterator[Fault]:
    if exchange.kind != "verbatim":
        return
    for side in ("/request", "/response", "/delivery"):
        bodies = [side, *(f"{side}/{form}" for form in _FORMS)]
        if any(covers(pointer, at) for pointer in exchange.inferred for at in bodies):
            message = f"It is verbatim, and the whole of its {side[1:]} is inferred."
            mend = "Call it adapted where the other side is printed, else inferred, and add `why`."
            yield _exchange_fault(exchange, "/kind", message, mend)


def _expects_what_can_be(_: Fixtures, exchange: Exchange) -> Iterator[Fault]:
    outcome = exchange.expect.outcome
    if outcome not in _OUTCOMES[exchange.operation]:
        allowed = " or ".join(sorted(_OUTCOMES[exchange.operation]))
        message = f"A {exchange.operation} cannot end in a {outcome}."
        yield _exchange_fault(exchange, "/expect", message, f"Expect {allowed}.")
    if outcome == "error" and not _is_error(exchange.expect.error):
        message = f"tintype.errors has no {exchange.expect.error}."
        yield _exchange_fault(exchange, "/expect/error", message, "Name a class it has.")


def _goes_to_a_documented_place(fixtures: Fixtures, exchange: Exchange) -> Iterator[Fault]:
    if exchange.request is None:
        return
    parts = urlsplit(exchange.request.url)
    if f"{parts.scheme}://{parts.netloc}" not in fixtures.hosts.api:
        message = f"{parts.scheme}://{parts.netloc} is no documented host."
        yield _exchange_fault(exchange, "/request/url", message, "Add it to hosts.api.")
    found = find_route(fixtures, exchange.request.method, *split(exchange.request.url))
    if found is None or found.route.operation != exchange.operation:
        message = f"No route of operation {exchange.operation} fits it."
        yield _exchange_fault(exchange, "/request/url", message, "Add the route.")


def _placeholders_are_known(fixtures: Fixtures, exchange: Exchange) -> Iterator[Fault]:
    header = fixtures.auth.header.lower()
    for pointer, name, argument in placeholders(_templates(exchange)):
        arguments = NAMES.get(name, frozenset())
        if arguments is not None and argument not in arguments:
            message = f"There is no placeholder {{{{{name}:{argument}}}}}."
            yield _exchange_fault(exchange, pointer, message, "docs/fixtures.md lists them all.")
        if name == "secret" and not pointer.lower().endswith(f"/headers/{header}"):
            message = "A key stands outside the auth header."
            yield _exchange_fault(exchange, pointer, message, f"Keep it to {fixtures.auth.header}.")


def _templates(exchange: Exchange) -> dict[str, object]:
    """All that may hold placeholders, by the place it has in the file."""
    sides = {
        "request": exchange.request,
        "response": exchange.response,
        "delivery": exchange.delivery,
    }
    plain: dict[str, object] = {
        side: {**attrs.asdict(message), "headers": dict(message.headers)}
        for side, message in sides.items()
        if message is not None
    }
    return {**plain, "expect": exchange.expect.fields, "case": exchange.case}


# ------------------------------------------------------------------------ the pieces


def _row_faults(fixtures: Fixtures, file: str, at: str, row: Row) -> Iterator[Fault]:
    if row.src not in fixtures.sources:
        message = f"There is no source {row.src!r}."
        yield Fault(file=file, pointer=f"{at}/src", message=message, mend="Name one, or add it.")
    if row.kind == "inferred" and not row.why:
        message = "It is inferred and does not say why."
        yield Fault(file=file, pointer=at, message=message, mend="Add `why`: a sentence.")


def _fault(pointer: str, message: str, mend: str) -> Fault:
    return Fault(file=_TABLES, pointer=pointer, message=message, mend=mend)


def _exchange_fault(exchange: Exchange, pointer: str, message: str, mend: str) -> Fault:
    at = join("/exchanges", exchange.name)
    return Fault(file=f"{exchange.story}.json", pointer=at + pointer, message=message, mend=mend)


def _is_error(name: str) -> bool:
    found = getattr(errors, name, None)
    return isinstance(found, type) and issubclass(found, errors.TintypeError)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


_RULES: tuple[Callable[[Fixtures, _Files], Iterator[Fault]], ...] = (
    _excerpts_are_true,
    _no_file_is_orphan,
    _every_row_has_its_source,
    _the_verbatim_can_be_looked_up,
    _the_kit_is_the_one_meant,
    _every_story_is_told,
    _scenes_hold_together,
    _scenes_can_be_told_apart,
    _errors_exist,
    _parameters_are_sound,
    _webhook_field_is_documented,
)
_EXCHANGE_RULES: tuple[Callable[[Fixtures, Exchange], Iterator[Fault]], ...] = (
    _has_its_source,
    _is_complete,
    _the_verbatim_is_printed,
    _expects_what_can_be,
    _goes_to_a_documented_place,
    _placeholders_are_known,
)
