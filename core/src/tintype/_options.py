"""Raw options against what a model's catalog describes: checked, taken as fields, or told of.

An option that a document describes goes on the wire as it is, once its value is admitted. One
that bears the name of a field on the wire is that field, with all its checks, its price and its
part in budgets. What is nearly one of those names is a slip, and refused. Anything else is sent
unchecked, with a notice.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from attrs import evolve

from tintype._excerpts import quoted, shortened
from tintype.catalog import Descriptor, Model, ProviderInfo, Unsupported, field_of
from tintype.errors import InvalidRequestError, UnsupportedError
from tintype.messages import JsonObject
from tintype.models import Notice
from tintype.request import ImageRequest

# Fields that decide what is drawn, and how it is answered, by whatever API.
_ALWAYS = ("model", "prompt", "n", "stream")
_NEAR = 0.8
_SHOWN = 80


def with_named_model(request: ImageRequest, info: ProviderInfo) -> ImageRequest:
    """The request with the model that an option names: all else depends on it.

    Raises:
        InvalidRequestError: The field names one, too.
    """
    for name in _own(request, info):
        if "model" in info.wire_names.get(name, (name,)):
            return _as_field(request, info, name, "model")
    return request


def with_options_as_fields(request: ImageRequest, info: ProviderInfo, model: Model) -> ImageRequest:
    """The request with each option that bears a field's name on the wire as that field.

    What is described as an option stays one.

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
            _refuse_twice(request, info, name, field)
        elif field:
            request = _as_field(request, info, name, field)
        else:
            _refuse_near(name, (*described, *names), info)
    return request


def option_notices(request: ImageRequest, info: ProviderInfo, model: Model) -> tuple[Notice, ...]:
    """What the caller should know of the options that are sent, as they are undescribed."""
    title = shortened(model.id, _SHOWN)
    unknown = "" if info.prices_depend_on is not None else " What it costs nobody says."
    described = info.described(model)
    return tuple(
        Notice(
            field="options",
            message=f"{quoted(name)} is not described for {title}: it is sent unchecked.{unknown}",
            source=model.source,
        )
        for name in _own(request, info)
        if name not in described
    )


def _own(request: ImageRequest, info: ProviderInfo) -> JsonObject:
    return request.options.get(info.name, {})


def _wire_names(info: ProviderInfo, model: Model) -> Mapping[str, tuple[str, ...]]:
    """The fields by what the API calls them: by their own names, where it has no other."""
    known = (*_ALWAYS, *info.general.parameters, *model.parameters)
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
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import, for the strange only

    plain = {each.casefold(): each for each in known}
    found = get_close_matches(name.casefold(), plain, n=3, cutoff=_NEAR)
    if not found:
        return
    near = tuple(plain[each] for each in found)
    listed = " or ".join(map(repr, near))
    msg = f"No option is called {quoted(name)}: did you mean {listed}?"
    raise InvalidRequestError(msg, field="options", allowed=near, provider=info.name)
