"""Requests that a plugin builds for neutral fields, read back by the parameter table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from tintype._flow.resolve import resolve
from tintype.catalog import Model, ReferenceForm
from tintype.errors import InvalidRequestError
from tintype.hooks import Extras
from tintype.messages import FormBody, JsonBody, MultipartBody, Part, Request
from tintype.request import ImageRequest, Reference
from tintype_contracts.fixtures.comparing import differences, subset
from tintype_contracts.fixtures.format import OperationName, Parameter
from tintype_contracts.fixtures.multipart import UploadedFile
from tintype_contracts.fixtures.neutral import read_field, rows_for
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import MISSING, tokens
from tintype_contracts.fixtures.validation import objections
from tintype_contracts.fixtures.values import form_object
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.references import image_of, images_in
from tintype_contracts.strategies.values import references

PROMPT = "a red fox in the snow"
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
        form: Whether the body is a multipart form.
        notices: The fields of which the caller is told something.
        told: What the caller is told.
    """

    asked: ImageRequest
    resolved: ImageRequest
    sent: Request
    body: Mapping[str, object] | None
    form: bool = False
    notices: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def query(self) -> Mapping[str, str]:
        """What its address asks."""
        return dict(parse_qsl(urlsplit(self.sent.url).query, keep_blank_values=True))


@frozen
class Builder:
    """Builds requests for one plugin, through the core's own resolver.

    Attributes:
        subject: The plugin.
        prompt: What is drawn where nothing else is said.
    """

    subject: Subject
    prompt: str = PROMPT

    def operations(self) -> Sequence[OperationName]:
        """The operations whose request bodies are documented field by field."""
        documented = {row.operation for row in _documented(self.subject)}
        return [operation for operation in _BUILDING if operation in documented]

    def rows(self, operation: OperationName, model: str) -> list[Parameter]:
        """The rows that hold for a model, of the body and of the query."""
        return list(_rows(self.subject, operation, model))

    def models(self) -> Sequence[Model]:
        """The catalog."""
        return self.subject.info.models

    def form(self, model: Model) -> ReferenceForm:
        """The form of references that the model takes best."""
        return model.references.forms[0] if model.references else "url"

    def build(self, operation: OperationName, model: Model, **fields: object) -> Built | None:
        """What the plugin sends for a request; None where it asks nothing of the provider.

        Raises:
            InvalidRequestError: The core or the plugin refuses it, also with what is missing.
        """
        try:
            return self._built(operation, self.request(model, **fields))
        except InvalidRequestError as error:
            mended = _mended(fields, error) or self._as_shown(fields, error)
            if mended is None:
                raise
            try:
                return self._built(operation, self.request(model, **mended))
            except InvalidRequestError:
                raise error from None

    def _as_shown(
        self, fields: Mapping[str, object], error: InvalidRequestError
    ) -> Mapping[str, object] | None:
        """The fields with what stands beside them where the documents show them.

        Of two fields that need one another a refusal may name either.
        """
        if error.field not in fields:
            return None
        for exchange in self.subject.exchanges("submit"):
            shown = exchange.case or {}
            if all(shown.get(name) == value for name, value in fields.items()):
                return {**{name: shown[name] for name in _FIELDS & shown.keys()}, **fields}
        return None

    def request(self, model: Model, **fields: object) -> ImageRequest:
        """A neutral request for a model, with the source image that it may need.

        Raises:
            InvalidRequestError: No caller could say that.
        """
        needs = model.references is not None and model.references.required
        needed = any("prompt" in needs for needs in model.abilities.values())
        given = {"prompt": "", "model": model.id, **fields}
        if "previews" in given:
            given.setdefault("stream", True)
        if "options" in given:
            given["options"] = {self.subject.info.name: given["options"]}
        if needs:
            given.setdefault("references", references(1, self.form(model)))
        if needed and "prompt" not in fields:
            given["prompt"] = self._naming(model, given.get("references", ()))
        return ImageRequest(**given)  # type: ignore[arg-type]  # the constructor checks each value

    def _naming(self, model: Model, given: object) -> str:
        """The prompt, with the mark of each reference where the documents ask for it."""
        rows = self.rows("submit", model.id)
        marks = [row.mark for row in rows if row.mark and isinstance(given, tuple)]
        numbers = range(1, len(given) + 1) if isinstance(given, tuple) else ()
        return " ".join([self.prompt, *(mark.format(at) for mark in marks for at in numbers)])

    def with_options(
        self, operation: OperationName, model: Model, options: Mapping[str, object]
    ) -> Built | None:
        """The same for raw options of this provider."""
        return self.build(operation, model, options=options)

    def raw_options(self, row: Parameter, value: object) -> Mapping[str, object]:
        """The options that put `value` where `row` says.

        Where a provider keeps model-specific fields in an object of their own, options go
        there: the row of the neutral field `options` names it.
        """
        rows = [each for each in self.subject.fixtures.parameters if each.neutral == "options"]
        roots = (each.wire for each in rows if row.wire.startswith(f"{each.wire}/"))
        steps = tokens(row.wire.removeprefix(next(roots, "")))
        for step in reversed(steps):
            value = {step: value}
        return cast("Mapping[str, object]", value)

    def objections(self, operation: OperationName, built: Built) -> Iterator[str]:
        """Why the parameter table does not admit what is sent."""
        model = built.resolved.model or ""
        rows = self.rows(operation, model)
        if built.body is not None:
            inside = [row for row in rows if row.place == "body"]
            yield from objections(inside, built.body, form=built.form)
        asks = [row for row in rows if row.place == "query"]
        told = {name: text for name, text in built.query.items() if f"/{name}" in _wires(asks)}
        yield from objections(asks, told, form=True)
        heads = [row for row in self.subject.fixtures.headers if row.operation == operation]
        spelt = {row.wire[1:].lower(): row.wire[1:] for row in heads}
        given = {spelt.get(name.lower(), name): text for name, text in built.sent.headers}
        for reason in objections(rows_for(heads, model), given, form=True):
            yield f"Of the headers {reason}"

    def _built(self, operation: OperationName, asked: ImageRequest) -> Built | None:
        whole = resolve(asked, self.subject.info)
        resolved = whole.requests[0]
        sent = self._asked(operation, resolved)
        if not isinstance(sent, Request):
            return None
        body, form = _read(sent)
        return Built(
            asked=asked,
            resolved=resolved,
            sent=sent,
            body=body,
            form=form,
            notices=tuple(notice.field for notice in whole.notices),
            told=tuple(notice.message for notice in whole.notices),
        )

    def _asked(self, operation: OperationName, request: ImageRequest) -> object:
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


def _documented(subject: Subject) -> tuple[Parameter, ...]:
    return (*subject.fixtures.parameters, *subject.fixtures.query)


@lru_cache(maxsize=256)
def _rows(subject: Subject, operation: OperationName, model: str) -> tuple[Parameter, ...]:
    rows = [row for row in _documented(subject) if row.operation == operation]
    return tuple(rows_for(rows, model))


def _mended(
    fields: Mapping[str, object], error: InvalidRequestError
) -> Mapping[str, object] | None:
    """The fields with the one that a refusal says is missing; None where it says no such thing.

    Some APIs want one field beside another.
    """
    known = error.field in _FIELDS and error.field not in fields and "prompt" not in fields
    return {**fields, error.field: error.allowed[0]} if known and error.allowed else None


def _wires(rows: Sequence[Parameter]) -> set[str]:
    return {row.wire for row in rows}


def found_at(built: Built, row: Parameter) -> object:
    """The value that stands where `row` says, or `MISSING`."""
    if row.place == "query":
        return built.query.get(row.wire[1:], MISSING)
    return MISSING if built.body is None else read_field(built.body, row)


def carries(row: Parameter, found: object, asked: object) -> bool:
    """Whether `found` on the wire is what was asked for, to the letter.

    Its type is judged elsewhere. A word may stand in other letters where the documents list it
    so: a tier as `2K` and as `2k`. References are the same images in the same order; where a
    number of them is documented, that number.
    """
    match row.neutral, asked:
        case "references", (*given,):
            counted = row.type in {"integer", "number"}
            return found == len(given) if counted else same_images(found, given)
        case "options", _:
            return _holds(found, asked)
        case _, bool():
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


def _read(sent: Request) -> tuple[Mapping[str, object] | None, bool]:
    match sent.body:
        case JsonBody(value=value):
            plain = json.loads(dump(value), parse_float=Decimal)
            return plain if isinstance(plain, dict) else {"": plain}, False
        case FormBody(fields=fields):
            return form_object(fields), True
        case MultipartBody(parts=parts):
            return form_object([_pair(part) for part in parts]), True
        case _:
            return None, False


def _pair(part: Part) -> tuple[str, object]:
    if part.filename is None:
        return part.name, part.data.decode("utf-8", "replace")
    file = UploadedFile(filename=part.filename, data=part.data, media_type=part.media_type or "")
    return part.name, [file]
