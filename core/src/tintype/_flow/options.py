"""Raw options against what a model's catalog describes: checked, taken as fields, or told of.

An option that a document describes goes on the wire as it is, once its value is admitted. One
that bears the name of a field on the wire is that field, with all its checks, its price and its
part in budgets. What is nearly one of those names is a slip, and refused. Anything else is sent
unchecked, with a notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import attrs
from attrs import evolve

from tintype._asked import SIDES, field_of
from tintype._excerpts import quoted, shortened
from tintype.catalog import Descriptor, Model, ProviderInfo, Unsupported
from tintype.errors import InvalidRequestError, UnsupportedError
from tintype.messages import JsonObject
from tintype.models import Notice
from tintype.request import ImageRequest

# Fields that decide what is drawn, and how it is answered, by whatever API.
_ALWAYS = ("model", "prompt", "n", "stream")
_NEAR = 0.8
_SHOWN = 80


def with_deciding_options(request: ImageRequest, info: ProviderInfo) -> ImageRequest:
    """The request with the model and the references that options name: all else depends on them.

    Raises:
        InvalidRequestError: The field has them, too.
    """
    if not _own(request, info):
        return request
    for name in _naming(request, info, "model"):
        request = _as_field(request, info, name, "model")
    described = info.described(info.find(request.model) or info.general)
    for name in _naming(request, info, "references"):
        if name not in described:
            request = _as_field(request, info, name, "references")
    return request


def _naming(request: ImageRequest, info: ProviderInfo, field: str) -> tuple[str, ...]:
    """The options that bear a field's name on the wire."""
    return tuple(
        each for each in _own(request, info) if field in info.wire_names.get(each, (each,))
    )


def with_options_as_fields(
    request: ImageRequest, info: ProviderInfo, model: Model, *, lenient: bool = False
) -> ImageRequest:
    """The request with each option that bears a field's name on the wire as that field.

    What is described as an option stays one. Who is lenient lets a name pass that is nearly a
    known one.

    Raises:
        InvalidRequestError: A value that is not admitted, a field that is given twice, or a name
            that is nearly a known one.
        UnsupportedError: An option that the model refuses, whatever its value.
    """
    described = info.described(model)
    names = _wire_names(info, model)
    for name, value in _own(request, info).items():
        field = next(iter(field_of(names, name, value)), "")
        if name in described:
            _check(name, value, described[name], info, model)
            _refuse_twice(request, info, name, "size" if field in SIDES else field)
        elif field and field not in SIDES:
            request = _as_field(request, info, name, field)
        elif not lenient and not field:
            _refuse_near(name, (*described, *names), info)
    return request


def option_notices(request: ImageRequest, info: ProviderInfo, model: Model) -> tuple[Notice, ...]:
    """What the caller should know of the options that are sent, as they are undescribed."""
    if not _own(request, info):
        return ()
    title = shortened(model.id, _SHOWN)
    unknown = "" if info.prices_depend_on is not None else " What it costs nobody says."
    described = info.described(model)
    known = (*described, *_wire_names(info, model))
    return tuple(
        Notice(
            field="options",
            message=f"{quoted(name)} is not described for {title}: it is sent unchecked."
            f"{_also(near_names(name, known))}{unknown}",
            source=model.source,
        )
        for name in _own(request, info)
        if name not in described
    )


def _own(request: ImageRequest, info: ProviderInfo) -> JsonObject:
    return request.options.get(info.name, {})


def _wire_names(info: ProviderInfo, model: Model) -> Mapping[str, tuple[str, ...]]:
    """The fields by what the API calls them: by their own names, where it has no other."""
    known = (*_ALWAYS, *SIDES, *info.general.parameters, *model.parameters)
    return {**{name: (name,) for name in known}, **info.wire_names}


def _check(
    name: str, value: object, descriptor: Descriptor, info: ProviderInfo, model: Model
) -> None:
    if descriptor.admits(value):
        return
    title = shortened(model.id, _SHOWN)
    if isinstance(descriptor, Unsupported):
        msg = f"The option {name!r} has no use with {title}: {descriptor.reason}."
        raise UnsupportedError(msg, field="options", provider=info.name)
    allowed = descriptor.allowed
    msg = f"{title} does not take the option {name}={quoted(value)}; it takes {', '.join(allowed)}."
    raise InvalidRequestError(msg, field="options", allowed=allowed, provider=info.name)


def _as_field(request: ImageRequest, info: ProviderInfo, name: str, field: str) -> ImageRequest:
    """The request with an option as the field whose name on the wire it bears."""
    _refuse_twice(request, info, name, field)
    own = dict(_own(request, info))
    value = own.pop(name)
    if value is None:
        msg = f"The option {name!r} is the field {field}, and null says nothing: leave it out."
        raise InvalidRequestError(msg, field="options", provider=info.name)
    options = {**request.options, info.name: own}
    try:
        return evolve(request, **{field: value, "options": options})  # type: ignore[arg-type]  # the constructor checks it
    except InvalidRequestError as error:
        msg = f"The option {name!r} is the field {field}. {error.message}"
        raise InvalidRequestError(
            msg, field="options", allowed=error.allowed, provider=info.name
        ) from None


def _refuse_twice(request: ImageRequest, info: ProviderInfo, name: str, field: str) -> None:
    """Refuse an option that is a field which the request has, with another value.

    Raises:
        InvalidRequestError: It says two things.
    """
    if not field:
        return
    given, value = getattr(request, field), _own(request, info)[name]
    if given in (_DEFAULTS[field], value):
        return
    msg = f"The option {name!r} is the field {field}, which the request has, too: give one of them."
    raise InvalidRequestError(msg, field="options", allowed=(field, name), provider=info.name)


_DEFAULTS: Mapping[str, object] = {
    each.name: () if each.name == "references" else each.default
    for each in attrs.fields(ImageRequest)
}


def _refuse_near(name: str, known: tuple[str, ...], info: ProviderInfo) -> None:
    """Refuse what is most likely a slip of the pen.

    Raises:
        InvalidRequestError: The name is nearly a known one; the error lists those.
    """
    near = near_names(name, known)
    if near:
        listed = " or ".join(map(repr, near))
        msg = f"No option is called {quoted(name)}: did you mean {listed}? {_MEANT}"
        raise InvalidRequestError(msg, field="options", allowed=near, provider=info.name)


_MEANT = 'If not, on_unsupported="notice" sends it as it is.'


def _also(near: tuple[str, ...]) -> str:
    return f" Known is {' or '.join(map(repr, near))}." if near else ""


def near_names(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known names of which a name is most likely a slip of the pen.

    Word for word it is nearly the same. A word or a number more makes it another name:
    `prompt_2` is no slip of `prompt`, and `negatve_prompt` is one of `negative_prompt`.
    """
    if len(name) > _SHOWN:
        return ()
    return tuple(dict.fromkeys(each for each in known if each != name and _is_slip(name, each)))


def _is_slip(name: str, known: str) -> bool:
    from difflib import SequenceMatcher  # noqa: PLC0415 - slow to import, for the strange only

    ours, theirs = _words(name), _words(known)
    if "".join(ours) == "".join(theirs):
        return True
    if len(ours) != len(theirs):
        return False
    pairs = zip(ours, theirs, strict=True)
    return all(
        one == other or (one.isalpha() and SequenceMatcher(None, one, other).ratio() >= _NEAR)
        for one, other in pairs
    )


def _words(name: str) -> list[str]:
    """The words and numbers of a name, however they are joined."""
    return _WORD.findall(_HUMP.sub("_", name).casefold())


_WORD = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
