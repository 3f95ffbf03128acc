"""Requests that a plugin builds for neutral fields, read back by the parameter table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from attrs import define, evolve, field, fields_dict, frozen

from tintype._flow.resolve import resolve
from tintype.catalog import Model
from tintype.errors import InvalidRequestError, UsageError
from tintype.hooks import Extras
from tintype.messages import FormBody, JsonBody, MultipartBody, Part, Request
from tintype.request import ImageRequest, Reference
from tintype_contracts.case import Case
from tintype_contracts.fixtures.comparing import differences, subset
from tintype_contracts.fixtures.format import OperationName, Parameter
from tintype_contracts.fixtures.forms import form_object
from tintype_contracts.fixtures.multipart import UploadedFile
from tintype_contracts.fixtures.neutral import read_field, rows_for
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import MISSING, tokens
from tintype_contracts.fixtures.relations import required
from tintype_contracts.fixtures.routes import find_route, split
from tintype_contracts.fixtures.validation import objections
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.named import Factors, by_name, factors, value_of
from tintype_contracts.strategies.references import image_of, images_in
from tintype_contracts.strategies.values import PROMPT, references, words

_FIELDS = frozenset(
    {"output_format", "quality", "resolution", "aspect_ratio", "size", "background"}
)
_BUILDING: tuple[OperationName, ...] = ("price", "upload", "submit")


@frozen(kw_only=True)
class Built:
    """One request, as it was asked for, as it was resolved, and as it would be sent.

    Attributes:
        asked: What a caller asked for.
        resolved: The first submission that the core made of it.
        sent: What the plugin returned.
        body: Its body as an object; None where it has none.
        notices: The fields of which the caller is told something.
        told: What the caller is told.
    """

    asked: ImageRequest
    resolved: ImageRequest
    sent: Request
    body: Mapping[str, object] | None
    notices: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def query(self) -> Mapping[str, str]:
        """What its address asks."""
        return dict(parse_qsl(urlsplit(self.sent.url).query, keep_blank_values=True))


@define
class _Last:
    """The case that was built last, and what came of it."""

    case: Case | None = None
    built: Built | None = None


@frozen
class Builder:
    """Builds requests for one plugin, through the core's own resolver.

    Attributes:
        subject: The plugin.
        completes: Whether what a field requires by the documents' rules is given with it.
    """

    subject: Subject
    completes: bool = True
    _rows: dict[tuple[OperationName, str], list[Parameter]] = field(factory=dict, init=False)
    _last: _Last = field(factory=_Last, init=False, repr=False)

    def operations(self) -> Sequence[OperationName]:
        """The operations whose request bodies are documented field by field."""
        documented = {row.operation for row in self._documented()}
        return [operation for operation in _BUILDING if operation in documented]

    def questions(self) -> Iterator[Case]:
        """A request of each operation for each model, with nothing that may be left out."""
        for operation in self.operations():
            yield from self.submissions(operation)

    def submissions(self, operation: OperationName = "submit") -> Iterator[Case]:
        """The same of one operation."""
        for model in self.models():
            yield Case(place=operation, given={"model": model.id})

    def rows(self, case: Case) -> list[Parameter]:
        """The rows that hold for the model of a case, of the body and of the query."""
        operation = cast("OperationName", case.place)
        model = str(case.given.get("model", self.models()[0].id))
        if (operation, model) not in self._rows:
            mine = [row for row in self._documented() if row.operation == operation]
            self._rows[operation, model] = rows_for(mine, model)
        return self._rows[operation, model]

    def rows_of(self, case: Case, name: str) -> list[Parameter]:
        """The rows any of which may carry a field, or the option with that pointer."""
        if name.startswith("/"):
            return [row for row in self.rows(case) if row.wire == name]
        sized = name == "size"
        return [row for row in self.rows(case) if row.neutral == name or (sized and row.pixels)]

    def named(self, case: Case) -> list[str]:
        """What of a case some row is of."""
        return [name for name in case.asked if self.rows_of(case, name)]

    def _documented(self) -> tuple[Parameter, ...]:
        fixtures = self.subject.fixtures
        return (*fixtures.parameters, *fixtures.query)

    def models(self) -> Sequence[Model]:
        """The catalog."""
        return self.subject.info.models

    def model(self, case: Case) -> Model:
        """The model of a case, of the catalog or not; the first where it names none."""
        return self.subject.info.limits(str(case.given.get("model", self.models()[0].id)))

    def tried(self, case: Case) -> Built | None:
        """What is sent for a case; None where it is refused, or asks nothing of the provider."""
        try:
            return self.build(case)
        except InvalidRequestError:
            return None

    def build(self, case: Case) -> Built | None:
        """What is sent for a case; None where it asks nothing of the provider.

        Raises:
            InvalidRequestError: The core or the plugin refuses it, also with what is missing.
        """
        if self._last.case is not case:  # who makes it, and who judges it, both ask
            self._last.built = self._with_what_is_missing(case)
            self._last.case = case
        return self._last.built

    def _with_what_is_missing(self, case: Case) -> Built | None:
        case = self.completed(case) if self.completes else case
        try:
            return self._built(case)
        except InvalidRequestError as error:
            mended = _mended(case, error) or self._as_shown(case, error)
            if mended is None:
                raise
            try:
                return self._built(mended)
            except InvalidRequestError:
                raise error from None

    def completed(self, case: Case) -> Case:
        """The case with all that its fields require, and with what that requires in its turn.

        What no row of the model can say is left to be refused.
        """
        rules, model = self.subject.fixtures.rules, self.model(case)
        for _ in rules:
            given = by_name({"prompt": PROMPT, "model": model.id, **case.given})
            for spec in list(required(rules, given)):
                case = evolve(case, given={**self.value_of(case, spec), **case.given})
        return case

    def factors(self, case: Case, *, ignored: bool = False) -> Factors:
        """The fields that are documented for the model of a case, with their values.

        Those without effect are among them where `ignored` says so.
        """
        return factors(self.rows(case), self.model(case), ignored=ignored)

    def value_of(self, case: Case, spec: str) -> Mapping[str, object]:
        """A value of a field by its name, or the one that is named behind an equals sign, or none.

        It is one that the model of the case takes.
        """
        whole = {row.neutral or row.wire for row in self.rows(case) if row.type == "integer"}
        return value_of(self.factors(case, ignored=True), whole, spec)

    def all_of(self, case: Case, specs: Sequence[str]) -> Mapping[str, object]:
        """A value for each of these fields; none where the model of the case lacks one of them."""
        found = [self.value_of(case, spec) for spec in specs]
        return {name: it for each in found for name, it in each.items()} if all(found) else {}

    def _as_shown(self, case: Case, error: InvalidRequestError) -> Case | None:
        """The fields with what stands beside them where the documents show them.

        Of two fields that need one another a refusal may name either.
        """
        if error.field not in case.given:
            return None
        asked = {name: it for name, it in case.asked.items() if name != "about"}
        for exchange in self.subject.exchanges("submit"):
            shown = exchange.case or {}
            if all(shown.get(name) == value for name, value in asked.items()):
                beside = {name: shown[name] for name in _FIELDS & shown.keys()}
                return evolve(case, given={**beside, **case.given})
        return None

    def request(self, case: Case) -> ImageRequest:
        """A neutral request, with the source image and the prompt that its model may need.

        `letters` is a prompt of so many; `about` is the prompt where one is needed; a pointer is
        a raw option; `references` is how many source images there are, in the form that the
        model takes best or in the one named.

        Raises:
            InvalidRequestError: No caller could say that.
            UsageError: A request has no such field.
        """
        model = self.model(case)
        needs = model.references is not None and model.references.required
        needed = any("prompt" in needs for needs in model.abilities.values())
        given = {"prompt": "", "model": model.id, **case.given}
        options = {name: given.pop(name) for name in case.given if name.startswith("/")}
        about = str(given.pop("about", PROMPT))
        if "previews" in given:
            given.setdefault("stream", True)
        if options or "options" in given:
            given["options"] = {self.subject.info.name: self._options(given, options)}
        if needs or "references" in given:
            given["references"] = references(given.get("references", 1), model)
        if "letters" in given:
            given["prompt"] = words(cast("int", given.pop("letters")))
        elif needed and "prompt" not in case.given:
            given["prompt"] = self._naming(case, about, given.get("references", ()))
        for name in given.keys() - fields_dict(ImageRequest).keys():
            msg = f"{name} is no field of a request; for a raw option write /{name}=…"
            raise UsageError(msg)
        return ImageRequest(**given)  # type: ignore[arg-type]  # the constructor checks each value

    def _naming(self, case: Case, about: str, given: object) -> str:
        """The prompt, with the mark of each reference where the documents ask for it."""
        marks = [row.mark for row in self.rows(case) if row.mark and isinstance(given, tuple)]
        numbers = range(1, len(given) + 1) if isinstance(given, tuple) else ()
        return " ".join([about, *(mark.format(at) for mark in marks for at in numbers)])

    def _options(
        self, given: Mapping[str, object], options: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Options as a caller gives them, those of pointers with them.

        Where a provider keeps model-specific fields in an object of their own, options go
        there: the row of the neutral field `options` names it.
        """
        made = cast("Mapping[str, object]", given.get("options", {}))
        rows = [each for each in self.subject.fixtures.parameters if each.neutral == "options"]
        for pointer, value in options.items():
            roots = (each.wire for each in rows if pointer.startswith(f"{each.wire}/"))
            nested = value
            for step in reversed(tokens(pointer.removeprefix(next(roots, "")))):
                nested = {step: nested}
            made = _merged(made, cast("Mapping[str, object]", nested))
        return made

    def objections(self, case: Case, built: Built) -> Iterator[str]:
        """Why the parameter table does not admit what is sent."""
        model = built.resolved.model or ""
        found = find_route(self.subject.fixtures, built.sent.method, *split(built.sent.url))
        path = found.route.path if found else ""
        rows = [row for row in self.rows(case.giving(model=model)) if row.is_at(path)]
        if built.body is not None:
            inside = [row for row in rows if row.place == "body"]
            yield from objections(inside, built.body)
        asks = [row for row in rows if row.place == "query"]
        told = [(name, it) for name, it in built.query.items() if f"/{name}" in _wires(asks)]
        yield from objections(asks, form_object(told, asks))
        every = self.subject.fixtures.headers
        heads = [row for row in every if row.operation == case.place and row.is_at(path)]
        spelt = {row.wire[1:].lower(): row.wire[1:] for row in heads}
        mine = rows_for(heads, model)
        given = [(spelt.get(name.lower(), name), text) for name, text in built.sent.headers]
        for reason in objections(mine, form_object(given, mine)):
            yield f"Of the headers {reason}"

    def arrives(self, case: Case, built: Built, name: str) -> bool:
        """Whether what is given under a name is sent.

        Spelling out a documented default and leaving it out mean the same.
        """
        value = built.asked.references if name == "references" else case.given[name]
        rows = self.rows_of(case, name)
        if name.startswith("/"):
            return any(not any(subset(value, found_or_default(built, row))) for row in rows)
        told = dict.fromkeys((row.part for row in rows), False)
        for row in rows:
            told[row.part] |= carries(row, found_or_default(built, row), value)
        whole = told.pop("", False)
        return whole or (bool(told) and all(told.values()))

    def _built(self, case: Case) -> Built | None:
        asked = self.request(case)
        whole = resolve(asked, self.subject.info, size_policy="exact", allow_unlisted=True)
        resolved = whole.requests[0]
        sent = self._sent(case.place, resolved)
        if not isinstance(sent, Request):
            return None
        body = _read(sent, self.rows(Case(place=case.place, given={"model": resolved.model})))
        return Built(
            asked=asked,
            resolved=resolved,
            sent=sent,
            body=body,
            notices=tuple(notice.field for notice in whole.notices),
            told=tuple(notice.message for notice in whole.notices),
        )

    def _sent(self, operation: str, request: ImageRequest) -> object:
        submission = submission_of(request, self.subject.info)
        match operation:
            case "price":
                return self.subject.hooks.price(request=submission, quote=None)
            case "upload":
                extras = cast("Extras", self.subject.hooks)
                every = (extras.upload(reference=each, notes={}) for each in request.references)
                return next(filter(None, every), None)
            case _:
                return self.subject.hooks.submit(request=submission)


@lru_cache(maxsize=1)
def builder_of(subject: Subject) -> Builder:
    """The builder of a subject: what it knows of the tables is read once."""
    return Builder(subject)


def questions(subject: Subject) -> Iterator[Case]:
    """A request of each operation for each model, with nothing that may be left out."""
    return builder_of(subject).questions()


def _merged(one: Mapping[str, object], other: Mapping[str, object]) -> Mapping[str, object]:
    """Two objects in one; what both have is merged where it is an object in both."""
    made = dict(one)
    for key, value in other.items():
        before = made.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        made[key] = _merged(before, value) if both else value  # type: ignore[arg-type]  # both are
    return made


def _mended(case: Case, error: InvalidRequestError) -> Case | None:
    """The case with the one field that a refusal says is missing; None where it says no such thing.

    Some APIs want one field beside another.
    """
    known = error.field in _FIELDS and error.field not in case.given and "prompt" not in case.given
    return case.giving(**{error.field or "": error.allowed[0]}) if known and error.allowed else None


def _wires(rows: Sequence[Parameter]) -> set[str]:
    return {row.wire for row in rows}


def found_at(built: Built, row: Parameter) -> object:
    """The value that stands where `row` says, or `MISSING`."""
    if row.place == "query":
        return built.query.get(row.wire[1:], MISSING)
    return MISSING if built.body is None else read_field(built.body, row)


def found_or_default(built: Built, row: Parameter) -> object:
    """The same; what is documented to be meant where nothing stands there."""
    found = found_at(built, row)
    return row.default if found is MISSING else found


def carries(row: Parameter, found: object, asked: object) -> bool:
    """Whether `found` on the wire is what was asked for, to the letter.

    Its type is judged elsewhere. A word may stand in other letters where the documents list it
    so: a tier as `2K` and as `2k`. References are the same images in the same order; where a
    number of them is documented, that number.
    """
    match row.neutral, asked:
        case "references", (*given,):
            pictures = [each for each in given if isinstance(each, Reference)]
            given = [each for each in pictures if each.role == (row.role or "image")]
            given = given[row.nth - 1 : row.nth] if row.nth else given
            counted = row.type in {"integer", "number"}
            return found == len(given) if counted else same_images(found, given)
        case "options", _:
            return _holds(found, asked)
        case _, bool() if row.spelt(asked) is asked:
            return found is asked
        case _, int() | float():
            return _number(found) == _number(asked)
        case _ if not isinstance(row.spelt(asked), str):
            return not any(differences(row.spelt(asked), found))
        case _:
            told, word = str(found), str(row.spelt(asked))
            listed = told in row.enum and told.casefold() == word.casefold()
            return told == word or listed


def same_images(found: object, given: Sequence[object]) -> bool:
    """Whether these references stand in a field, each once, in their order."""
    wanted = [image_of(each) for each in given if isinstance(each, Reference)]
    return list(images_in(found)) == wanted


def _number(value: object) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _holds(found: object, asked: object) -> bool:
    plain = json.loads(found) if isinstance(found, str) else found
    return not any(subset(asked, plain))


def _read(sent: Request, rows: Sequence[Parameter]) -> Mapping[str, object] | None:
    """The body of a request as an object; None where it has none."""
    match sent.body:
        case JsonBody(value=value):
            plain = json.loads(dump(value), parse_float=Decimal)
            return plain if isinstance(plain, dict) else {"": plain}
        case FormBody(fields=fields):
            return form_object(fields, rows)
        case MultipartBody(parts=parts):
            return form_object([_pair(part) for part in parts], rows)
        case _:
            return None


def _pair(part: Part) -> tuple[str, object]:
    if part.filename is None:
        return part.name, part.data.decode("utf-8", "replace")
    file = UploadedFile(filename=part.filename, data=part.data, media_type=part.media_type or "")
    return part.name, [file]
