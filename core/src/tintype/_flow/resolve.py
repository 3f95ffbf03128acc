"""A request against a model's limits: what is sent, what is changed, what is refused.

Nothing is dropped or changed in silence. What a model cannot do is an error, or, with
`on_unsupported="notice"`, a notice, and the field stays behind. Every change stands in
`Plan.resolved`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from itertools import compress
from operator import attrgetter, is_not
from typing import Literal, TypeAlias

import attrs
from attrs import evolve, frozen

from tintype._asked import asked_for, holds, spelt
from tintype._blame import of_provider
from tintype._excerpts import guess, quoted, shortened
from tintype._flow.options import option_notices, with_deciding_options, with_options_as_fields
from tintype._flow.sizes import Offered, SizePolicy, described, exactly, listed, nearest
from tintype._http.addresses import names_a_private_host
from tintype._pictures.media import media_type
from tintype._plugins.checked import like
from tintype.catalog import Model, ProviderInfo, References, Unsupported
from tintype.convert import decode_image
from tintype.errors import InvalidRequestError, ProtocolError, UnsupportedError
from tintype.models import Notice, Resolved
from tintype.request import ImageRequest, Reference, Role

OnUnsupported: TypeAlias = Literal["error", "notice"]

# What a descriptor is for; each of the others has a rule of its own.
_RULED = {"prompt", "model", "n", "references", "webhook_url", "tag", "options"}
_DESCRIBED = tuple(each.name for each in attrs.fields(ImageRequest) if each.name not in _RULED)
_UNSET = {"stream": False, "references": ()}
_SHOWN = 80


@frozen(kw_only=True)
class Plan:
    """What will be sent for a request.

    Attributes:
        model: The model and its limits.
        requests: One for each submission, all alike but for `n`.
        notices: What the caller should know.
        resolved: What was asked and what is sent, where the two differ.
        references: The source images before anything is uploaded. Until then the requests
            name a stand-in for each that the model takes no bytes of.
    """

    model: Model
    requests: tuple[ImageRequest, ...]
    notices: tuple[Notice, ...] = ()
    resolved: tuple[Resolved, ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def kinds(self) -> Mapping[int, ImageRequest]:
        """The requests that differ, by how many images they ask for."""
        return {part.n: part for part in self.requests}


class _Draft:
    """A request on its way to a plan: what changes is collected, and made at once."""

    def __init__(
        self,
        request: ImageRequest,
        info: ProviderInfo,
        model: Model,
        *,
        lenient: bool,
        sizes: SizePolicy,
    ) -> None:
        self.info = info
        self.sizes = sizes
        self.model = model
        self.title = shortened(model.id, _SHOWN)
        self.lenient = lenient
        self.notices: list[Notice] = []
        self.resolved: list[Resolved] = []
        self._request = request
        self._changes: dict[str, object] = {}

    @property
    def request(self) -> ImageRequest:
        """The request with what has changed so far."""
        if self._changes:
            self._request = like(self._request, **self._changes)
            self._changes = {}
        return self._request

    def take_options(self) -> None:
        """Take each option that bears a field's name for that field."""
        taken = with_options_as_fields(self.request, self.info, self.model, lenient=self.lenient)
        self._request = taken

    def put(self, **fields: object) -> None:
        """Have fields hold something else that says the same."""
        self._changes |= fields

    def change(self, **fields: object) -> None:
        """Change fields, and write that down."""
        for name, value in fields.items():
            asked = self._changes.get(name, getattr(self._request, name))
            self.resolved.append(Resolved(field=name, asked=_text(asked), sent=_text(value)))
        self.put(**fields)

    def notice(self, name: str, message: str, source: str = "") -> None:
        """Tell the caller something."""
        self.notices.append(Notice(field=name, message=message, source=source))

    def refuse(
        self,
        name: str,
        reason: str,
        allowed: tuple[str, ...] = (),
        source: str | None = None,
        left: object = None,
    ) -> None:
        """Leave out a field that cannot be sent, if the caller lets it go.

        What of it can be sent is `left`; the model's document says so where no other does.

        Raises:
            UnsupportedError: The caller does not.
        """
        if not self.lenient:
            raise UnsupportedError(reason, field=name, allowed=allowed)
        self.change(**{name: _UNSET.get(name) if left is None else left})
        said_by = self.model.source if source is None else source
        self.notice(name, f"{reason} It is not sent.", said_by)


def resolve(
    request: ImageRequest,
    info: ProviderInfo,
    *,
    on_unsupported: OnUnsupported = "error",
    size_policy: SizePolicy = "nearest",
    allow_unlisted: bool = False,
    today: date = date.min,
) -> Plan:
    """What to send to a provider for `request`, whose references are URLs or bytes.

    Args:
        request: The picture.
        info: The provider.
        on_unsupported: Whether a field that the model cannot honour is an `error` or a `notice`.
        size_policy: Whether pixels that the model has not become the `nearest` size that it has, or
            have to be `exact`.
        allow_unlisted: Whether a model may be asked for that the catalog has not, or not any more.
        today: The day on which it is sent.

    Raises:
        UnsupportedError: A model that is not served, or a field that it cannot honour. The error
            names the field and lists what is allowed.
        InvalidRequestError: A reference that is no image, or that nothing can carry.
    """
    request = with_deciding_options(request, info)
    found = pick_model(request, info)
    draft = _Draft(
        request,
        info,
        found or info.limits(request.model or ""),
        lenient=on_unsupported == "notice",
        sizes=size_policy,
    )
    _check_model(draft, found, unlisted=allow_unlisted)
    _check_retirement(draft, today, allowed=allow_unlisted)
    if info.name in request.options:
        draft.take_options()
    try:
        for check in _CHECKS:
            check(draft)
    except InvalidRequestError as error:
        raise of_provider(error, info.name) from error.__cause__
    draft.notices += option_notices(draft.request, info, draft.model)
    return Plan(
        model=draft.model,
        requests=_split(draft.request, draft.model.max_n),
        notices=tuple(draft.notices),
        resolved=tuple(draft.resolved),
    )


def pick_model(request: ImageRequest, info: ProviderInfo) -> Model | None:
    """The model in the catalog for a request: the one that edits where there are references."""
    request = with_deciding_options(request, info)
    found = info.find(request.model)
    if found is None or not found.edits_with:
        return found
    edits = asked_for(info, request)["references"] != "0"
    return info.limits(found.edits_with) if edits else found


def _check_model(draft: _Draft, found: Model | None, *, unlisted: bool) -> None:
    if found is None:
        _check_unlisted(draft, allowed=unlisted or draft.info.open_models)
    elif draft.request.model != found.id:
        draft.change(model=found.id)


def _check_unlisted(draft: _Draft, *, allowed: bool) -> None:
    """Say of a model that is not in the catalog which ones are near.

    Raises:
        UnsupportedError: The provider is not known to serve others, and nobody says that it does.
    """
    name, models = shortened(draft.model.id, _SHOWN), draft.info.models
    near = guess(name, dict.fromkeys(n for each in models for n in (each.name, each.id) if n), 3)
    if allowed:
        draft.notice("model", f"{name} is not in the catalog: it is sent as it is.{near}")
        return
    msg = f"{name} is not in the catalog.{near} {_ALL_THE_SAME}"
    known = tuple(each.name or each.id for each in models)
    raise UnsupportedError(msg, field="model", allowed=known, provider=draft.info.name)


def _check_retirement(draft: _Draft, today: date, *, allowed: bool) -> None:
    """Tell the day from which a model is served no more, and what takes its place.

    Raises:
        UnsupportedError: It has come.
    """
    model = draft.model
    if model.retires is None:
        return
    instead = f": use {model.successor} instead" if model.successor else ""
    day = model.retires.isoformat()
    if today < model.retires or allowed:
        said = f"Its provider retires {model.id} on {day}{instead}."
        draft.notice("model", said, model.source)
        return
    msg = f"Its provider has retired {model.id} on {day}{instead}. {_ALL_THE_SAME}"
    successors = (model.successor,) if model.successor else ()
    raise UnsupportedError(msg, field="model", allowed=successors, provider=draft.info.name)


_ALL_THE_SAME = "With allow_unlisted=True (--model-unlisted) it is asked for all the same."


def _size_for_ratio(draft: _Draft) -> None:
    """Where the API takes no ratio, the pixels documented for it."""
    ratio, given, sizes = draft.request.aspect_ratio, draft.request.resolution, draft.model.sizes
    if ratio is None or not sizes or "aspect_ratio" in draft.model.parameters:
        return
    tier = given or next(iter(sizes))
    size = sizes.get(tier, {}).get(ratio)
    if size is None:
        listed = tuple(f"{ratio} at {name}" for name, ratios in sizes.items() for ratio in ratios)
        wanted = shortened(f"{ratio} at {tier}", _SHOWN)
        reason = f"No pixels are documented for {wanted}; there are: {', '.join(listed)}."
        draft.refuse("aspect_ratio", reason, listed)
        return
    left_out = ["aspect_ratio"] if given is None else ["aspect_ratio", "resolution"]
    draft.change(**dict.fromkeys(left_out), size=size)
    message = f"{ratio} at {tier} is sent as size={size}."
    draft.notice("aspect_ratio", message, draft.model.source)


def _fit_size(draft: _Draft) -> None:
    """Pixels that the model has not, as what it has."""
    request, model = draft.request, draft.model
    by_pixels, pixels = model.parameters.get("size"), request.pixels
    if request.size is None or pixels is None or (by_pixels and by_pixels.admits(request.size)):
        return
    found = nearest(pixels, model) if draft.sizes == "nearest" else exactly(pixels, model)
    has = listed(model)
    if found is not None:
        _send_size(draft, request.size, found)
    elif has and (by_pixels is None or isinstance(by_pixels, Unsupported)):
        draft.refuse("size", _NO_SIZE.format(draft.title, request.size, ", ".join(has)), has)


def _send_size(draft: _Draft, asked: str, offered: Offered) -> None:
    draft.notice("size", described(asked, offered, draft.title), draft.model.source)
    if "size" not in offered.fields:
        draft.resolved.append(Resolved(field="size", asked=asked, sent=offered.words))
        draft.put(size=None)
    draft.change(**offered.fields)


_NO_SIZE = (
    "{} has no size of {}; it has {}. With size_policy='nearest' (--size-policy nearest) the "
    "nearest is taken."
)


def _check_fields(draft: _Draft) -> None:
    held = _described(draft.request)
    given = map(is_not, held, map(_UNSET.get, _DESCRIBED))
    for name, value in compress(zip(_DESCRIBED, held, strict=True), given):
        if value is not None:
            _check_field(draft, name, value)


_described = attrgetter(*_DESCRIBED)


def _check_field(draft: _Draft, name: str, value: object) -> None:
    descriptor = draft.model.parameters.get(name)
    if descriptor is None:
        held = draft.model.parameters
        known = tuple(sorted(n for n in held if not isinstance(held[n], Unsupported)))
        takes = f" It takes {', '.join(known)}." if known else ""
        raw = ", ".join(draft.info.described(draft.model))
        takes += f" As raw options (--option NAME=VALUE) it takes {raw}." if raw else ""
        draft.refuse(name, f"{draft.title} has no {name}.{takes}", known)
        return
    if descriptor.admits(value):
        return
    if isinstance(descriptor, Unsupported):
        reason = f"{name} has no use with {draft.title}: {descriptor.reason}."
    else:
        allowed = ", ".join(descriptor.allowed)
        said = shortened(str(_text(value)), _SHOWN)
        reason = f"{draft.title} does not take {name}={said}; it takes {allowed}."
    draft.refuse(name, reason, descriptor.allowed, descriptor.source)


def _check_prompt(draft: _Draft) -> None:
    descriptor, prompt = draft.model.parameters.get("prompt"), draft.request.prompt
    if descriptor is None or not prompt or descriptor.admits(prompt):
        return
    allowed = descriptor.allowed
    if isinstance(descriptor, Unsupported):
        reason = f"A prompt has no use with {draft.title}: {descriptor.reason}."
        draft.refuse("prompt", reason, allowed, descriptor.source, "")
        return
    msg = f"The prompt has {len(prompt)} characters; it takes {allowed[0]}."
    raise InvalidRequestError(msg, field="prompt", allowed=allowed)


def _check_needs(draft: _Draft) -> None:
    """Refuse what is too little for anything the model can do.

    Raises:
        InvalidRequestError: The prompt, the picture or the mask is missing.
    """
    request, abilities = draft.request, draft.model.abilities
    held = {"prompt": request.prompt, "image": request.sources, "mask": request.mask}
    if not abilities or any(all(map(held.get, needs)) for needs in abilities.values()):
        return
    missing = {
        ability: [need for need in needs if not held[need]] for ability, needs in abilities.items()
    }
    # The nearest: what lacks least, and of those what has most of what was given.
    ability, needs = min(missing.items(), key=lambda item: (len(item[1]), -len(abilities[item[0]])))
    lacking, verb = " and ".join(map(_NEEDED.__getitem__, needs)), ability.replace("_", " ")
    msg = f"{draft.title} needs {lacking} to {verb}."
    field = "prompt" if "prompt" in needs else "references"
    raise InvalidRequestError(msg, field=field, allowed=tuple(needs))


_NEEDED = {"prompt": "a prompt", "image": "a picture as a reference", "mask": "a mask"}


def _check_previews(draft: _Draft) -> None:
    if draft.request.previews is None or draft.request.stream:
        return
    reason = "previews are images of a stream, and stream is not asked for."
    draft.refuse("previews", reason, ("stream=True",))


# A sandbox on the same machine reaches it; the task is polled all the same.
_UNREACHED = (
    "The provider has to reach this address, and it is of this machine or a private network: "
    "give one of the public internet, such as a tunnel's. The task is polled all the same."
)


def _check_webhook(draft: _Draft) -> None:
    url = draft.request.webhook_url
    if url is None:
        return
    if not draft.info.webhooks:
        draft.refuse("webhook_url", f"{draft.info.title} calls no webhooks.")
        return
    with suppress(ValueError):  # it may name no host at all
        if names_a_private_host(url):
            draft.notice("webhook_url", _UNREACHED)


def _check_references(draft: _Draft) -> None:
    accepts = draft.model.references
    if accepts is None:
        if draft.request.references:
            draft.refuse("references", f"{draft.title} takes no references.")
        return
    _check_roles(draft, accepts)
    references = draft.request.references
    if accepts.required and not references:
        msg = f"{draft.title} edits images: give it at least one reference."
        raise InvalidRequestError(msg, field="references")
    for most, given, what in _amounts(accepts, references):
        if most is not None and given > most:
            msg = f"{draft.title} takes at most {most} {what}, not {given}."
            raise UnsupportedError(msg, field="references", allowed=(f"at most {most}",))
    carried = tuple(_carry(item, accepts, draft.title) for item in references)
    if carried != references:
        draft.put(references=carried)


def _amounts(
    accepts: References, references: tuple[Reference, ...]
) -> Iterator[tuple[int | None, int, str]]:
    """The most of everything, how much of it there is, and what it is called."""
    if not references:
        return
    roles = [each.role for each in references]
    yield accepts.max_count, len(roles) - roles.count("mask"), "references"
    for role, most in accepts.max_of.items():
        yield most, roles.count(role), f"references of the role {role}"
    sizes = [_size(each) for each in references]
    yield accepts.max_bytes, max(sizes), "bytes of a reference"
    yield accepts.max_total_bytes, sum(sizes), "bytes of references in all"


def _size(reference: Reference) -> int:
    """The bytes of an image; 0 of a link."""
    if reference.data is not None:
        return len(reference.data)
    head, _, payload = (reference.url or "").partition(",")
    inline = head[:5].lower() == "data:"
    return len(payload.rstrip("=")) * 3 // 4 if inline else 0


def _check_roles(draft: _Draft, accepts: References) -> None:
    """Leave out references of a role, and weights, that the model has not."""
    for role in dict.fromkeys(each.role for each in draft.request.references):
        if role not in accepts.roles:
            takes = ", ".join(accepts.roles)
            reason = f"{draft.title} takes no {role} among its references; it takes {takes}."
            kept = _without(draft.request.references, role)
            draft.refuse("references", reason, accepts.roles, accepts.source, kept)
    for weight in dict.fromkeys(each.weight for each in draft.request.references):
        if weight is not None and not (accepts.weight and accepts.weight.admits(weight)):
            _drop_weight(draft, accepts, weight)


def _without(references: tuple[Reference, ...], role: Role) -> tuple[Reference, ...]:
    """The references but those of a role; none where only a mask of nothing is left."""
    kept = tuple(each for each in references if each.role != role)
    return kept if any(each.role != "mask" for each in kept) else ()


def _drop_weight(draft: _Draft, accepts: References, weight: float) -> None:
    allowed = accepts.weight.allowed if accepts.weight else ()
    takes = f"a weight of {', '.join(allowed)}" if allowed else "no weights"
    msg = f"{draft.title} takes {takes} for its references, not {weight:g}."
    if not draft.lenient:
        raise UnsupportedError(msg, field="references", allowed=allowed)
    kept = tuple(
        evolve(each, weight=None) if each.weight == weight else each
        for each in draft.request.references
    )
    draft.put(references=kept)
    draft.resolved.append(Resolved(field="references", asked=f"weight={weight:g}"))
    draft.notice("references", f"{msg} It is not sent.", accepts.source)


def _carry(reference: Reference, accepts: References, title: str) -> Reference:
    """A reference in a form the model takes, converted only where it must be."""
    if reference.data is None and reference.url is not None:
        inline = reference.url.lower().startswith("data:")
        if ("data_uri" if inline else "url") in accepts.forms:
            return reference
        if not inline:
            msg = f"{title} takes no URLs as references: download the image and give the file."
            raise UnsupportedError(msg, field="references", allowed=accepts.forms)
        reference = evolve(reference, url=None, data=_decoded(reference.url))
    return _carry_bytes(reference, accepts, title)


def _carry_bytes(reference: Reference, accepts: References, title: str) -> Reference:
    data = reference.data
    if data is None:
        msg = f"A reference has no image in it ({quoted(reference)}): give a URL, a path or bytes."
        raise InvalidRequestError(msg, field="references")
    kind = reference.media_type or media_type(data)
    if not kind:
        name = shortened(reference.name, _SHOWN) or "given as bytes"
        msg = f"The reference {name} is no image that is known here."
        raise InvalidRequestError(msg, field="references", allowed=("png", "jpeg", "webp", "gif"))
    if "bytes" in accepts.forms or accepts.uploads:
        return evolve(reference, media_type=kind)
    if "data_uri" in accepts.forms:
        url = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
        return evolve(reference, data=None, url=url, media_type="", name="")
    msg = f"{title} takes references as URLs only: put the image on the web and give its URL."
    raise UnsupportedError(msg, field="references", allowed=accepts.forms)


def _decoded(data_url: str) -> bytes:
    head, _, payload = data_url.partition(",")
    try:
        if head.lower().endswith(";base64"):
            return decode_image(payload)
    except ProtocolError:
        pass
    msg = "A reference's data: URL is not an image in base64."
    raise InvalidRequestError(msg, field="references", allowed=("data:image/…;base64,…",))


def _tell_cautions(draft: _Draft) -> None:
    own = draft.request.options.get(draft.info.name, {})
    for caution in draft.model.cautions:
        name = caution.field
        value = own[name] if name in own else getattr(draft.request, name, None)
        unset = value is _UNSET.get(name) or value == ()
        if unset or (name == "n" and value == 1):
            continue
        asked = asked_for(draft.info, draft.request) if caution.when else {}
        if all(holds(key, word, asked) for key, word in caution.when.items()):
            draft.notice(name, caution.message, caution.source)


_CHECKS = (
    _size_for_ratio,
    _fit_size,
    _check_fields,
    _check_previews,
    _check_webhook,
    _check_references,
    _check_prompt,
    _check_needs,
    _tell_cautions,
)


def _split(request: ImageRequest, most: int) -> tuple[ImageRequest, ...]:
    """One request for each submission, none asking for more than `most` images."""
    if request.n <= most:
        return (request,)
    full, rest = divmod(request.n, most)
    counts = [most] * full + [rest] * bool(rest)
    kinds = {n: evolve(request, n=n) for n in set(counts)}
    return tuple(map(kinds.__getitem__, counts))


def _text(value: object) -> str | None:
    return spelt(len(value) if isinstance(value, tuple) else value)
