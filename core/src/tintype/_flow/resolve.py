"""A request against a model's limits: what is sent, what is changed, what is refused.

Nothing is dropped or changed in silence. What a model cannot do is an error, or, with
`on_unsupported="notice"`, a notice, and the field stays behind. Every change stands in
`Plan.resolved`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from attrs import evolve, frozen

from tintype._asked import asked_for, holds
from tintype._blame import of_provider
from tintype._excerpts import quoted, shortened
from tintype._flow.options import option_notices, with_deciding_options, with_options_as_fields
from tintype._http.addresses import names_a_private_host
from tintype._pictures.media import media_type
from tintype.catalog import Caution, Model, ProviderInfo, References, Unsupported
from tintype.convert import decode_image
from tintype.errors import InvalidRequestError, ProtocolError, UnsupportedError
from tintype.models import Notice, Resolved
from tintype.request import ImageRequest, Reference, Role

OnUnsupported: TypeAlias = Literal["error", "notice"]

_DESCRIBED = (
    "aspect_ratio",
    "resolution",
    "size",
    "quality",
    "output_format",
    "output_compression",
    "background",
    "watermark",
    "seed",
    "negative_prompt",
    "guidance",
    "steps",
    "strength",
    "style",
    "user",
    "stream",
    "previews",
)
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


@frozen(kw_only=True)
class _Draft:
    """A request on its way to a plan."""

    request: ImageRequest
    info: ProviderInfo
    model: Model
    lenient: bool
    notices: tuple[Notice, ...] = ()
    resolved: tuple[Resolved, ...] = ()

    def change(self, name: str, value: object) -> _Draft:
        """The draft with one field changed, and the change written down."""
        asked, sent = getattr(self.request, name), value
        entry = Resolved(field=name, asked=_text(asked), sent=_text(sent))
        request = evolve(self.request, **{name: value})  # type: ignore[arg-type]  # name is data
        return evolve(self, request=request, resolved=(*self.resolved, entry))

    def notice(self, name: str, message: str, source: str = "") -> _Draft:
        """The draft with one notice more."""
        notice = Notice(field=name, message=message, source=source)
        return evolve(self, notices=(*self.notices, notice))

    def refuse(
        self, name: str, reason: str, allowed: tuple[str, ...], source: str, left: object = None
    ) -> _Draft:
        """The draft without a field that cannot be sent, if the caller lets it go.

        What of it can be sent is `left`.

        Raises:
            UnsupportedError: The caller does not.
        """
        if not self.lenient:
            raise UnsupportedError(reason, field=name, allowed=allowed, provider=self.info.name)
        left = _UNSET.get(name) if left is None else left
        return self.change(name, left).notice(name, f"{reason} It is not sent.", source)


def resolve(
    request: ImageRequest, info: ProviderInfo, *, on_unsupported: OnUnsupported = "error"
) -> Plan:
    """What to send to a provider for `request`, whose references are URLs or bytes.

    Raises:
        UnsupportedError: A field the model cannot honour. The error names it and lists
            what is allowed.
        InvalidRequestError: A reference that is no image, or that nothing can carry.
    """
    request = with_deciding_options(request, info)
    draft = _drafted(request, info, lenient=on_unsupported == "notice")
    taken = with_options_as_fields(draft.request, info, draft.model, lenient=draft.lenient)
    draft = evolve(draft, request=taken)
    draft = _size_for_ratio(draft)
    for name in _DESCRIBED:
        draft = _check_field(draft, name)
    draft = _check_previews(draft)
    draft = _check_webhook(draft)
    draft = _check_references(draft)
    draft = _check_prompt(draft)
    _check_needs(draft)
    for caution in draft.model.cautions:
        draft = _warn(draft, caution)
    draft = _tell_retirement(draft)
    notices = option_notices(draft.request, info, draft.model)
    return Plan(
        model=draft.model,
        requests=_split(draft.request, draft.model.max_n),
        notices=draft.notices + notices,
        resolved=draft.resolved,
    )


def pick_model(request: ImageRequest, info: ProviderInfo) -> Model | None:
    """The model in the catalog for a request: the one that edits where there are references."""
    request = with_deciding_options(request, info)
    found = info.find(request.model)
    if found is None or not found.edits_with:
        return found
    edits = asked_for(info, request)["references"] != "0"
    return info.limits(found.edits_with) if edits else found


def _drafted(request: ImageRequest, info: ProviderInfo, *, lenient: bool) -> _Draft:
    found = pick_model(request, info)
    if found is None:
        model = info.limits(request.model or "")
        draft = _Draft(request=request, info=info, model=model, lenient=lenient)
        name = shortened(request.model or "", _SHOWN)
        message = f"{name} is not in the catalog: it is sent as it is, its price unknown."
        return draft.notice("model", message)
    draft = _Draft(request=request, info=info, model=found, lenient=lenient)
    return draft if request.model == found.id else draft.change("model", found.id)


def _size_for_ratio(draft: _Draft) -> _Draft:
    """Where the API takes no ratio, the pixels documented for it."""
    request, sizes = draft.request, draft.model.sizes
    if request.aspect_ratio is None or not sizes or "aspect_ratio" in draft.model.parameters:
        return draft
    tier = request.resolution or next(iter(sizes))
    size = sizes.get(tier, {}).get(request.aspect_ratio)
    if size is None:
        listed = tuple(f"{ratio} at {name}" for name, ratios in sizes.items() for ratio in ratios)
        wanted = shortened(f"{request.aspect_ratio} at {tier}", _SHOWN)
        reason = f"No pixels are documented for {wanted}; there are: {', '.join(listed)}."
        return draft.refuse("aspect_ratio", reason, listed, draft.model.source)
    asked = f"{request.aspect_ratio} at {tier}"
    draft = draft.change("aspect_ratio", None)
    if request.resolution is not None:
        draft = draft.change("resolution", None)
    draft = draft.change("size", size)
    return draft.notice("aspect_ratio", f"{asked} is sent as size={size}.", draft.model.source)


def _check_field(draft: _Draft, name: str) -> _Draft:
    value = getattr(draft.request, name)
    if value is None or value is _UNSET.get(name):
        return draft
    descriptor = draft.model.parameters.get(name)
    title = shortened(draft.model.id, _SHOWN)
    if descriptor is None:
        held = draft.model.parameters
        known = tuple(sorted(n for n in held if not isinstance(held[n], Unsupported)))
        takes = f" It takes {', '.join(known)}." if known else ""
        raw = ", ".join(draft.info.described(draft.model))
        takes += f" As raw options (--option NAME=VALUE) it takes {raw}." if raw else ""
        return draft.refuse(name, f"{title} has no {name}.{takes}", known, draft.model.source)
    if descriptor.admits(value):
        return draft
    if isinstance(descriptor, Unsupported):
        reason = f"{name} has no use with {title}: {descriptor.reason}."
    else:
        allowed = ", ".join(descriptor.allowed)
        said = shortened(str(_text(value)), _SHOWN)
        reason = f"{title} does not take {name}={said}; it takes {allowed}."
    return draft.refuse(name, reason, descriptor.allowed, descriptor.source)


def _check_prompt(draft: _Draft) -> _Draft:
    descriptor, prompt = draft.model.parameters.get("prompt"), draft.request.prompt
    if descriptor is None or not prompt or descriptor.admits(prompt):
        return draft
    allowed = descriptor.allowed
    if isinstance(descriptor, Unsupported):
        title = shortened(draft.model.id, _SHOWN)
        reason = f"A prompt has no use with {title}: {descriptor.reason}."
        return draft.refuse("prompt", reason, allowed, descriptor.source, "")
    msg = f"The prompt has {len(prompt)} characters; it takes {allowed[0]}."
    raise InvalidRequestError(msg, field="prompt", allowed=allowed, provider=draft.info.name)


def _check_needs(draft: _Draft) -> None:
    """Refuse what is too little for anything the model can do.

    Raises:
        InvalidRequestError: The prompt, the picture or the mask is missing.
    """
    request, abilities = draft.request, draft.model.abilities
    held = {"prompt": request.prompt, "image": request.sources, "mask": request.mask}
    missing = {
        ability: [need for need in needs if not held[need]] for ability, needs in abilities.items()
    }
    if not missing or not all(missing.values()):
        return
    # The nearest: what lacks least, and of those what has most of what was given.
    ability, needs = min(missing.items(), key=lambda item: (len(item[1]), -len(abilities[item[0]])))
    verb, title = ability.replace("_", " "), shortened(draft.model.id, _SHOWN)
    msg = f"{title} needs {' and '.join(map(_NEEDED.__getitem__, needs))} to {verb}."
    field = "prompt" if "prompt" in needs else "references"
    raise InvalidRequestError(msg, field=field, allowed=tuple(needs), provider=draft.info.name)


_NEEDED = {"prompt": "a prompt", "image": "a picture as a reference", "mask": "a mask"}


def _check_previews(draft: _Draft) -> _Draft:
    if draft.request.previews is None or draft.request.stream:
        return draft
    reason = "previews are images of a stream, and stream is not asked for."
    return draft.refuse("previews", reason, ("stream=True",), draft.model.source)


# A sandbox on the same machine reaches it; the task is polled all the same.
_UNREACHED = (
    "The provider has to reach this address, and it is of this machine or a private network: "
    "give one of the public internet, such as a tunnel's. The task is polled all the same."
)


def _is_private(url: str) -> bool:
    try:
        return names_a_private_host(url)
    except ValueError:
        return False


def _check_webhook(draft: _Draft) -> _Draft:
    url = draft.request.webhook_url
    if url is None:
        return draft
    if draft.info.webhooks:
        return draft.notice("webhook_url", _UNREACHED) if _is_private(url) else draft
    reason = f"{draft.info.title} calls no webhooks."
    return draft.refuse("webhook_url", reason, (), draft.model.source)


def _check_references(draft: _Draft) -> _Draft:
    title = shortened(draft.model.id, _SHOWN)
    draft = _check_roles(draft, title)
    references, accepts = draft.request.references, draft.model.references
    if accepts is None:
        return draft
    if accepts.required and not references:
        msg = f"{title} edits images: give it at least one reference."
        raise InvalidRequestError(msg, field="references", provider=draft.info.name)
    for most, given, what in _amounts(accepts, draft.request):
        if most is not None and given > most:
            msg = f"{title} takes at most {most} {what}, not {given}."
            bound = f"at most {most}"
            raise UnsupportedError(
                msg, field="references", allowed=(bound,), provider=draft.info.name
            )
    try:
        carried = tuple(_carry(item, accepts, title) for item in references)
    except InvalidRequestError as error:
        raise of_provider(error, draft.info.name) from error.__cause__
    if carried == references:
        return draft
    return evolve(draft, request=evolve(draft.request, references=carried))


def _amounts(accepts: References, request: ImageRequest) -> Iterator[tuple[int | None, int, str]]:
    """The most of everything, how much of it there is, and what it is called."""
    yield accepts.max_count, len(request.sources), "references"
    roles = [each.role for each in request.references]
    for role, most in accepts.max_of.items():
        yield most, roles.count(role), f"references of the role {role}"
    sizes = [_size(each) for each in request.references]
    yield accepts.max_bytes, max(sizes, default=0), "bytes of a reference"
    yield accepts.max_total_bytes, sum(sizes), "bytes of references in all"


def _size(reference: Reference) -> int:
    """The bytes of an image; 0 of a link."""
    if reference.data is not None:
        return len(reference.data)
    head, _, payload = (reference.url or "").partition(",")
    inline = head[:5].lower() == "data:"
    return len(payload.rstrip("=")) * 3 // 4 if inline else 0


def _check_roles(draft: _Draft, title: str) -> _Draft:
    """The draft without references of a role, and without weights, that the model has not."""
    references, accepts = draft.request.references, draft.model.references
    if references and accepts is None:
        return draft.refuse("references", f"{title} takes no references.", (), draft.model.source)
    if accepts is None:
        return draft
    for role in dict.fromkeys(each.role for each in references):
        if role not in accepts.roles:
            takes = ", ".join(accepts.roles)
            reason = f"{title} takes no {role} among its references; it takes {takes}."
            kept = _without(draft.request, role)
            draft = draft.refuse("references", reason, accepts.roles, accepts.source, kept)
    for weight in dict.fromkeys(each.weight for each in draft.request.references):
        draft = _check_weight(draft, accepts, title, weight)
    return draft


def _without(request: ImageRequest, role: Role) -> tuple[Reference, ...]:
    """The references but those of a role; none where only a mask of nothing is left."""
    kept = tuple(each for each in request.references if each.role != role)
    return kept if any(each.role != "mask" for each in kept) else ()


def _check_weight(draft: _Draft, accepts: References, title: str, weight: float | None) -> _Draft:
    if weight is None or (accepts.weight is not None and accepts.weight.admits(weight)):
        return draft
    allowed = accepts.weight.allowed if accepts.weight else ()
    takes = f"a weight of {', '.join(allowed)}" if allowed else "no weights"
    msg = f"{title} takes {takes} for its references, not {weight:g}."
    if not draft.lenient:
        name = draft.info.name
        raise UnsupportedError(msg, field="references", allowed=allowed, provider=name)
    kept = tuple(
        evolve(each, weight=None) if each.weight == weight else each
        for each in draft.request.references
    )
    entry = Resolved(field="references", asked=f"weight={weight:g}")
    changed = evolve(draft, request=evolve(draft.request, references=kept))
    changed = evolve(changed, resolved=(*draft.resolved, entry))
    return changed.notice("references", f"{msg} It is not sent.", accepts.source)


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


def _warn(draft: _Draft, caution: Caution) -> _Draft:
    value = _given(draft, caution.field)
    unset = value is _UNSET.get(caution.field) or value == ()
    if unset or (caution.field == "n" and value == 1):
        return draft
    asked = asked_for(draft.info, draft.request) if caution.when else {}
    if all(holds(key, word, asked) for key, word in caution.when.items()):
        return draft.notice(caution.field, caution.message, caution.source)
    return draft


def _given(draft: _Draft, name: str) -> object:
    """The value of an option, or of the field of that name."""
    options = draft.request.options.get(draft.info.name, {})
    return options[name] if name in options else getattr(draft.request, name, None)


def _tell_retirement(draft: _Draft) -> _Draft:
    model = draft.model
    if model.retires is None:
        return draft
    instead = f": use {model.successor} instead" if model.successor else ""
    message = f"Its provider retires {model.id} on {model.retires.isoformat()}{instead}."
    return draft.notice("model", message, model.source)


def _split(request: ImageRequest, most: int) -> tuple[ImageRequest, ...]:
    """One request for each submission, none asking for more than `most` images."""
    full, rest = divmod(request.n, most)
    counts = [most] * full + [rest] * bool(rest)
    kinds = {n: request if n == request.n else evolve(request, n=n) for n in set(counts)}
    return tuple(map(kinds.__getitem__, counts))


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case tuple():
            return str(len(value))
        case _:
            return str(value)
