"""What a provider offers, as data: models, their limits, their prices.

A plugin's `describe` returns a `ProviderInfo`. Nothing in it is code, so the same
lines serve validation, prices, listings and documentation. Every fact names the
document it comes from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal, TypeAlias

import attrs
from attrs import evolve, frozen

from tintype._amounts import in_digits
from tintype._moderation import is_moderation
from tintype.credentials import HeaderKey, Scheme
from tintype.messages import Headers
from tintype.request import Role, Submission
from tintype.signatures import Signature

Ability: TypeAlias = Literal["draw", "edit", "inpaint", "outpaint", "upscale", "remove_background"]
Need: TypeAlias = Literal["prompt", "image", "mask"]
ReferenceForm: TypeAlias = Literal["url", "data_uri", "bytes"]
Unit: TypeAlias = Literal["image", "reference", "request", "megapixel", "step", "second", "token"]


# ----------------------------------------------------------- what a field may hold


@frozen(kw_only=True)
class Choice:
    """One of a list of words.

    Attributes:
        default: The word that is documented to be meant where none is given, or "".
    """

    values: tuple[str, ...]
    default: str = ""
    source: str = ""

    def admits(self, value: object) -> bool:
        """Whether `value` is one of the words, spelt as documented."""
        return value in self.values

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be given, for a person to read."""
        return self.values


@frozen(kw_only=True)
class Integer:
    """A whole number from `low` to `high`, both included; None is unbounded.

    Attributes:
        step: It is a multiple of this.
        default: What is documented to be meant where none is given, or None.
    """

    low: int | None = None
    high: int | None = None
    step: int = 1
    default: int | None = None
    source: str = ""

    def admits(self, value: object) -> bool:
        """Whether `value` is a whole number within the bounds, and a multiple of the step."""
        if not isinstance(value, int) or isinstance(value, bool) or value % self.step:
            return False
        above = self.low is None or value >= self.low
        return above and (self.high is None or value <= self.high)

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be given, for a person to read."""
        low = "" if self.low is None else str(self.low)
        high = "" if self.high is None else str(self.high)
        span = f"{low}…{high}" if low or high else "any integer"
        return (span if self.step == 1 else f"{span}, a multiple of {self.step}",)


@frozen(kw_only=True)
class Number:
    """A number from `low` to `high`, both included, whole or not; None is unbounded."""

    low: float | None = None
    high: float | None = None
    source: str = ""

    def admits(self, value: object) -> bool:
        """Whether `value` is a finite number within the bounds."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return low <= value <= high and value not in {-math.inf, math.inf}

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be given, for a person to read."""
        low = "" if self.low is None else f"{self.low:g}"
        high = "" if self.high is None else f"{self.high:g}"
        return (f"{low}…{high}" if low or high else "any number",)


@frozen(kw_only=True)
class Flag:
    """True or False.

    Attributes:
        default: What is documented to be meant where neither is given, or None.
    """

    default: bool | None = None
    source: str = ""

    def admits(self, value: object) -> bool:
        """Whether `value` is a truth value."""
        return isinstance(value, bool)

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be given, for a person to read."""
        return ("true", "false")


@frozen(kw_only=True)
class Text:
    """Any text of at most `max_length` characters; None is unbounded."""

    min_length: int = 1
    max_length: int | None = None
    source: str = ""

    def admits(self, value: object) -> bool:
        """Whether `value` is text of a length that is accepted."""
        if not isinstance(value, str) or len(value) < self.min_length:
            return False
        return self.max_length is None or len(value) <= self.max_length

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be given, for a person to read."""
        most = "" if self.max_length is None else str(self.max_length)
        return (f"{self.min_length}…{most} characters",)


@frozen(kw_only=True)
class Pixels:
    """An exact size, `WIDTHxHEIGHT`.

    Attributes:
        min_total: The fewest pixels in all.
        max_total: The most pixels in all.
        max_ratio: The longer side is at most this many times the shorter.
        width: What the width may be, where that is bounded for itself.
        height: What the height may be.
        default: The size that is documented to be meant where none is given, or "".
    """

    min_total: int = 1
    max_total: int | None = None
    max_ratio: int | None = None
    width: Integer | None = None
    height: Integer | None = None
    default: str = ""
    source: str = ""

    def admits(self, value: object) -> bool:
        """Whether `value` is a size within the bounds."""
        width, _, height = value.partition("x") if isinstance(value, str) else ("", "", "")
        if not (width.isdecimal() and height.isdecimal()):
            return False
        sides = ((self.width, width), (self.height, height))
        if any(side and not side.admits(int(given)) for side, given in sides):
            return False
        short, long = sorted((int(width), int(height)))
        total = short * long
        fits = self.min_total <= total and (self.max_total is None or total <= self.max_total)
        return fits and (self.max_ratio is None or long <= short * self.max_ratio)

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be given, for a person to read."""
        least, most = self.min_total, self.max_total
        span = f"at least {least:,}" if most is None else f"{least:,} to {most:,}"
        ratio = "" if self.max_ratio is None else f", sides at most 1:{self.max_ratio}"
        named = (("width", self.width), ("height", self.height))
        sides = "".join(f", {name} {side.allowed[0]}" for name, side in named if side)
        free = sides and most is None and least == 1
        return (f"WIDTHxHEIGHT{'' if free else f' of {span} pixels'}{ratio}{sides}",)


@frozen(kw_only=True)
class Unsupported:
    """A field the provider names but does not honour, and why."""

    reason: str
    source: str = ""

    def admits(self, value: object) -> bool:  # noqa: ARG002 - the same question as of the others
        """Never."""
        return False

    @property
    def allowed(self) -> tuple[str, ...]:
        """Nothing."""
        return ()


Leaf: TypeAlias = Choice | Integer | Number | Flag | Text | Pixels | Unsupported


@frozen(kw_only=True)
class Object:
    """An object of JSON. A field of it that is not described may hold anything."""

    fields: Mapping[str, Leaf] = attrs.field(factory=dict, hash=False)
    source: str = ""

    def admits(self, value: object) -> bool:
        """Whether `value` is an object whose described fields are as described."""
        if not isinstance(value, Mapping):
            return False
        return all(self.fields[name].admits(value[name]) for name in self.fields if name in value)

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be given, for a person to read."""
        held = (f"{name} ({', '.join(each.allowed)})" for name, each in self.fields.items())
        listed = "; ".join(held)
        return (f"an object with {listed}" if listed else "an object",)


@frozen(kw_only=True)
class Items:
    """A list of at most `max_count` values, each of them as `each` says; None is anything."""

    each: Leaf | None = None
    max_count: int | None = None
    source: str = ""

    def admits(self, value: object) -> bool:
        """Whether `value` is a list of what is described."""
        if not isinstance(value, list | tuple):
            return False
        fits = self.max_count is None or len(value) <= self.max_count
        return fits and (self.each is None or all(map(self.each.admits, value)))

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be given, for a person to read."""
        most = "" if self.max_count is None else f" of at most {self.max_count}"
        held = "" if self.each is None else f", each {', '.join(self.each.allowed)}"
        return (f"a list{most}{held}",)


Descriptor: TypeAlias = Leaf | Object | Items


@frozen(kw_only=True)
class Caution:
    """A documented surprise: what may happen to a field that is sent.

    Attributes:
        field: The request's field, or the name of a described option.
        message: What may happen to it, as a sentence.
        when: Values of other fields or options that must hold for it to matter.
        source: Where it is documented.
    """

    field: str
    message: str
    when: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    source: str = ""


# --------------------------------------------------------------------------- prices


@frozen(kw_only=True)
class Price:
    """One line of a price list.

    Attributes:
        usd: US dollars a unit, or None where the provider counts in credits.
        credits: Credits a unit, or None.
        unit: What is counted: `image` for each image drawn, `reference` for each source
            image (a mask is none), `request` for each submission, `megapixel` for each
            million pixels drawn, `step` for each step of each image, `second` and `token`
            for what only the work itself will tell.
        billable: What the unit is of. Lines for one billable are alternatives; lines for
            different ones add up.
        when: Values of any fields and described options the line is for, as text;
            `{"references": "yes"}` and `{"references": "no"}` tell editing from drawing.
        source: Where the price is written.
        as_of: The day it was read.
    """

    usd: Decimal | None = attrs.field(default=None, repr=in_digits)
    credits: Decimal | None = attrs.field(default=None, repr=in_digits)
    unit: Unit = "image"
    billable: str = "output_image"
    when: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    source: str = ""
    as_of: date | None = None

    @classmethod
    def per_reference(cls, usd: str, *, source: str, as_of: date | None = None) -> Price:
        """What each source image costs in US dollars, beside what is drawn of it."""
        return cls(
            usd=Decimal(usd),
            unit="reference",
            billable="input_image",
            when={"references": "yes"},
            source=source,
            as_of=as_of,
        )


# --------------------------------------------------------------------------- models


@frozen(kw_only=True)
class References:
    """How a model takes source images.

    Attributes:
        forms: What may be sent, best first.
        roles: What they may be for. A role that is not here is not supported.
        weight: What the weight of one may be, or None: they have none.
        max_count: The most images, a mask not counted, or None where nobody says.
        max_of: The most of each role; one that is not here has no bound of its own.
        max_bytes: The most bytes of one image, or None where nobody says. Of a link nobody
            knows them.
        max_total_bytes: The most bytes of all of them together, masks too.
        required: Whether the model needs one.
        uploads: Whether the plugin's `upload` turns bytes into a URL.
        source: Where that is documented.
    """

    forms: tuple[ReferenceForm, ...]
    roles: tuple[Role, ...] = ("image",)
    weight: Number | None = None
    max_count: int | None = None
    max_of: Mapping[Role, int] = attrs.field(factory=dict, hash=False)
    max_bytes: int | None = None
    max_total_bytes: int | None = None
    required: bool = False
    uploads: bool = False
    source: str = ""


@frozen(kw_only=True)
class Model:
    """One model of a provider.

    Attributes:
        id: The provider's own id, as it goes on the wire.
        name: The canonical name, shared with other providers, or "" where there is none.
        title: What a person calls it.
        parameters: What each field of a request may hold. A field that is not here is
            not supported.
        options: What each of its raw options may hold, beside those of the provider. One
            that is in neither is sent unchecked, with a notice.
        sizes: The pixels documented for a resolution and an aspect ratio, in this order.
            Where the API takes no ratio, the pair is sent as this size.
        max_n: The most images one submission draws.
        references: How it takes source images, or None: not at all.
        tasks: What it can do, and what each needs of prompt, image and mask. Where it is
            left empty, `abilities` says what follows from the rest.
        edits_with: The id of the model that takes its place when there are references.
        cautions: What may happen to fields that are sent.
        prices: Its price list; empty is unknown.
        retires: The day from which it is served no more, no "earliest possible" one, or None.
        successor: The id or the canonical name of what takes its place then.
        max_in_flight: The most tasks at a time, or None where nobody says.
        requests_per_minute: The most requests in a minute, or None where nobody says.
        results_kept: Seconds a result can be fetched, or None where nobody says.
        request_timeout: Seconds to wait for one answer, or None for the provider's.
        source: Where the model is documented.
    """

    id: str
    name: str = ""
    title: str = ""
    parameters: Mapping[str, Descriptor] = attrs.field(factory=dict, hash=False)
    options: Mapping[str, Descriptor] = attrs.field(factory=dict, hash=False)
    sizes: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict, hash=False)
    max_n: int = 1
    references: References | None = None
    tasks: Mapping[Ability, tuple[Need, ...]] = attrs.field(factory=dict, hash=False)
    edits_with: str = ""
    cautions: tuple[Caution, ...] = ()
    prices: tuple[Price, ...] = ()
    retires: date | None = None
    successor: str = ""
    max_in_flight: int | None = None
    requests_per_minute: int | None = None
    results_kept: int | None = None
    request_timeout: float | None = None
    source: str = ""

    @property
    def abilities(self) -> Mapping[Ability, tuple[Need, ...]]:
        """`tasks`; without any it draws from a prompt, and edits where it takes references."""
        return self.tasks or self._usual_abilities

    @cached_property
    def _usual_abilities(self) -> Mapping[Ability, tuple[Need, ...]]:
        takes = self.references
        named: Mapping[Ability, tuple[Need, ...]] = {
            "draw": ("prompt",),
            "edit": ("prompt", "image"),
            "inpaint": ("prompt", "image", "mask"),
        }
        can = {
            "draw": takes is None or not takes.required,
            "edit": takes is not None or bool(self.edits_with),
            "inpaint": takes is not None and "mask" in takes.roles,
        }
        return {name: needs for name, needs in named.items() if can[name]}


@frozen(kw_only=True)
class Idempotency:
    """A documented key by which a provider knows a submission that it has had already.

    The core sends the submission's nonce as that key. Only then a submission of which nobody
    knows what became is sent again, with the same bytes: its connection broke, it took too long,
    a gateway answered, or nobody understood the answer. One of `header` and `field` is set.

    Attributes:
        header: The header that the key goes into, or "".
        field: The field of the JSON body that it goes into, or "".
        window: Seconds for which the provider is documented to know it: in the first half of
            them the submission is sent four times at most, with pauses. None: no document says;
            then it is repeated once, at once, within 30 seconds.
        source: Where that is documented.
    """

    header: str = ""
    field: str = ""
    window: float | None = None
    source: str

    def __attrs_post_init__(self) -> None:
        """Refuse a key that goes nowhere, or into two places.

        Raises:
            ValueError: Not one of `header` and `field` is set.
        """
        if bool(self.header) is bool(self.field):
            msg = "An idempotency key goes into a header or into a field of the body: name one."
            raise ValueError(msg)


@frozen(kw_only=True)
class ProviderInfo:
    """A provider, its API and its models.

    Attributes:
        name: The one word used for it everywhere.
        title: What a person calls it.
        homepage: Where a person gets a key.
        origins: Scheme and host of the API, the documented one first; `https://*.example.com` is
            every name below a domain that is the provider's alone, `https://{region}.example.com`
            a setting of the account. Keys go nowhere else.
        keyed_results: Addresses on its origins, such as `https://api.acme.test/view`: results
            there and below are fetched with the credential, and no result else.
        result_headers: Headers of the API's own that those are asked for with, such as its version.
        models: The catalog; the first is the default.
        general: The limits of a model that is not in the catalog. Its id is ignored.
        auth: How it knows its customers: a scheme of `tintype.credentials`.
        variables: The environment variables that its own documents name, by credential or
            setting: `{"key": "FAL_KEY"}`. `<NAME>_API_KEY` is read beside it.
        public_keys: Keys that its documents give to everybody: they are not redacted.
        settings: What an account may set, by name, and what it is otherwise; "" where it has
            to be set.
        options: What raw options may hold, whatever the model.
        wire_names: The fields of a request by what the API calls them, where that is another
            name, such as `{"generations_count": ("n",)}`. Where one name stands for several
            fields, the first that can hold a value takes it. An option of such a name is
            that field.
        prices_depend_on: The fields and options that alone decide the price by its document,
            `options` for a price that is asked with all of them. None where nobody says:
            then an option that is not described makes the price unknown.
        credit_values: What a credit is documented to cost in US dollars, by the document that says
            so: several where they disagree, and then a quote is a range over them. Empty where the
            provider does not count in credits, or nobody says.
        next_models: Of a page of the live list: what `models` asks for the next one with, or "".
        open_models: Whether it serves more models than any catalog of it can have.
        webhooks: Whether a submission may name a URL to call back.
        idempotency: By which key a lost submission may be repeated, or None: no document says.
        signature: How those calls are signed, or None: not at all, or no document says how.
        request_timeout: Seconds to wait for one answer.
        task_timeout: Seconds to wait for a task.
        poll_schedule: Seconds before each look at a task; the last one repeats.
        moderation: Codes, and pieces of messages, by which its documents tell that moderation
            refused a picture; beside those that all providers share.
        sources: The documents all this was read from.
    """

    name: str
    title: str
    homepage: str
    origins: tuple[str, ...]
    models: tuple[Model, ...]
    general: Model
    keyed_results: tuple[str, ...] = ()
    result_headers: Headers = ()
    auth: Scheme = HeaderKey()
    variables: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    public_keys: tuple[str, ...] = ()
    settings: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    options: Mapping[str, Descriptor] = attrs.field(factory=dict, hash=False)
    wire_names: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict, hash=False)
    prices_depend_on: tuple[str, ...] | None = None
    credit_values: Mapping[str, Decimal] = attrs.field(factory=dict, hash=False, repr=False)
    next_models: str = ""
    open_models: bool = False
    webhooks: bool = False
    idempotency: Idempotency | None = None
    signature: Signature | None = None
    request_timeout: float = 60.0
    task_timeout: float = 600.0
    poll_schedule: tuple[float, ...] = (2.0, 3.0, 5.0, 8.0, 10.0)
    moderation: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def find(self, wanted: str | None) -> Model | None:
        """The model of that id or canonical name; the default for None; else None."""
        return self.models[0] if wanted is None else self._by_name.get(wanted)

    @cached_property
    def _by_name(self) -> Mapping[str, Model]:
        """Each model by its id and by its canonical name; an id counts before a name."""
        backwards = self.models[::-1]
        by_name = {each.name: each for each in backwards if each.name}
        return {**by_name, **{each.id: each for each in backwards if each.id}}

    @property
    def dearest_credit(self) -> Decimal | None:
        """The most that a credit is documented to cost in US dollars; None where nobody says."""
        return max(self.credit_values.values(), default=None)

    def is_moderation(self, code: str | None, message: str | None) -> bool:
        """Whether an error is moderation's, by its code or its words."""
        return is_moderation(code or "", message or "", self.moderation)

    def limits(self, model_id: str) -> Model:
        """The model of that id, or one outside the catalog with the general limits."""
        return self.find(model_id) or evolve(self.general, id=model_id)

    def described(self, model: Model) -> Mapping[str, Descriptor]:
        """The raw options that are described for a model."""
        return {**self.options, **model.options}

    def undescribed(self, request: Submission) -> tuple[str, ...]:
        """The raw options of a submission that nothing describes."""
        if not request.options:
            return ()
        known = self.described(self.limits(request.model))
        return tuple(name for name in request.options if name not in known)

    def unpriced(self, request: Submission) -> str:
        """Why the raw options of a submission make its price unknown, or ""."""
        strange = self.undescribed(request)
        if not strange or self.prices_depend_on is not None:
            return ""
        names = ", ".join(map(repr, strange))
        return f"No document says what the option {names} costs."
