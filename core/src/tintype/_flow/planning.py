"""What will be sent, and what it costs: everything before the first submission."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import evolve, frozen

from tintype._blame import broken
from tintype._doors import held
from tintype._excerpts import quoted
from tintype._flow.channel import DRIVER, Channel
from tintype._flow.effects import Flow, Load
from tintype._flow.hook_caller import expected
from tintype._flow.options import with_deciding_options
from tintype._flow.resolve import Plan, resolve
from tintype._flow.settle import add_quotes, in_dollars, uploaded
from tintype._plugins.checked import checked, like
from tintype.catalog import Idempotency
from tintype.errors import InvalidRequestError, PluginError, TintypeError, UsageError
from tintype.exchange import Operation
from tintype.messages import HttpRequest, JsonBody, Request
from tintype.models import Quote, Upload
from tintype.request import ImageRequest, Reference, Submission

# What a submission is built with that is only looked at, and not sent.
_NO_NONCE = "00000000-0000-4000-8000-000000000000"
_MAX_QUESTIONS = 4  # how often an unfinished quote is asked again
# What stands where an upload's URL will, until it is made.
_STAND_IN = "https://upload.invalid"
_MAX_STEPS = 8  # how often `upload` may ask for more of one reference


def plan(channel: Channel, request: ImageRequest) -> Flow[Plan]:
    """The request with its files read, against the model's limits. Nothing is asked for it."""
    held(request, ImageRequest, "request", "ImageRequest(prompt=…)")
    _check_namespaces(channel, request)
    request = yield from _loaded(with_deciding_options(request, channel.info))
    choices = channel.terms.choices
    return _standing_in(
        resolve(
            request,
            channel.info,
            on_unsupported=choices.on_unsupported,
            size_policy=choices.size_policy,
            allow_unlisted=choices.allow_unlisted,
            today=channel.terms.clock.now().date(),
        )
    )


def _standing_in(plan: Plan) -> Plan:
    """The plan with a URL for each reference that is to be uploaded: an upload costs time."""
    given = plan.requests[0].references
    if not given:
        return plan
    named = tuple(
        evolve(each, data=None, url=f"{_STAND_IN}/{index}") if _must_move(plan, each) else each
        for index, each in enumerate(given)
    )
    return _referring(evolve(plan, references=given), named)


def _referring(plan: Plan, references: tuple[Reference, ...]) -> Plan:
    kinds = {n: evolve(part, references=references) for n, part in plan.kinds.items()}
    return evolve(plan, requests=tuple(kinds[part.n] for part in plan.requests))


def _must_move(plan: Plan, reference: Reference) -> bool:
    """Whether a reference's bytes have to be brought to where the provider finds them."""
    takes = plan.model.references
    return reference.data is not None and takes is not None and "bytes" not in takes.forms


def placed(channel: Channel, plan: Plan, ready: dict[int, Built]) -> Flow[dict[int, Built]]:
    """What was built, with the plan's uploads made: each once, for all submissions.

    Raises:
        PluginError: The plugin leaves a reference in a form that the model does not take.
    """
    if not plan.references:
        return ready
    asking = submission(channel, evolve(plan.requests[0], references=plan.references))
    uploads: list[Reference] = []
    for reference in plan.references:
        upload = yield from _upload(channel, Upload(reference=reference), asking)
        uploads.append(upload.reference or reference)
        if _must_move(plan, uploads[-1]):
            deed = "leaves the bytes of a reference where the model takes none"
            raise broken(channel.info.name, "upload", deed, "Honest")
    moved = _referring(plan, tuple(uploads))
    return ready if moved == plan else rehearsed(channel, moved)


def _upload(channel: Channel, upload: Upload, asking: Submission) -> Flow[Upload]:
    """One reference, brought to where its provider can find it."""
    kind = Operation.UPLOAD
    for _ in range(_MAX_STEPS):
        asked = channel.caller.call(
            Request, "upload", reference=upload.reference, notes=upload.notes
        )
        if asked is None:
            return upload
        told = yield from channel.query(Upload, kind, asked, request=asking, so_far=upload)
        upload = uploaded(upload, told)
    deed = f"asks for more of one reference after {_MAX_STEPS} answers"
    raise broken(channel.info.name, "upload", deed, "Total")


def _check_namespaces(channel: Channel, request: ImageRequest) -> None:
    """Refuse options for a provider nobody knows: they would be dropped in silence."""
    known = channel.terms.providers
    for name in request.options:
        if known and name not in known:
            msg = f"options has fields for {quoted(name)}, which is no installed provider."
            raise InvalidRequestError(msg, field="options", allowed=tuple(sorted(known)))


def _loaded(request: ImageRequest) -> Flow[ImageRequest]:
    """The request with the bytes of its local files in place of their paths."""
    references = list(request.references)
    for place, each in enumerate(references):
        if each.path is not None:
            data = expected((yield Load(path=each.path)), bytes, DRIVER)
            name = each.name or each.path.replace("\\", "/").rpartition("/")[2]
            references[place] = evolve(each, path=None, data=data, name=name)
    loaded = tuple(references)
    return request if loaded == request.references else evolve(request, references=loaded)


def submission(channel: Channel, request: ImageRequest, nonce: str = _NO_NONCE) -> Submission:
    """A resolved request as the hooks are given it; one that is only looked at without more."""
    return Submission.of(request, channel.info.name, channel.terms.clock.now(), nonce)


@frozen(kw_only=True)
class Built:
    """A submission as it will leave.

    Attributes:
        part: What is asked for.
        asking: The same as the hooks are given it.
        request: What the plugin makes of it.
        encoded: That in bytes, before its provider is shown who asks; None: the driver's to make.
    """

    part: ImageRequest
    asking: Submission
    request: Request
    encoded: HttpRequest | None


def rehearsed(channel: Channel, plan: Plan) -> dict[int, Built]:
    """The first submission of each size, as it will leave (rule 3), by its number of images.

    Raises:
        MissingKeyError: There is no key to send.
        PluginError: The plugin's request is nothing that HTTP can carry.
        UsageError: The plugin refuses what is asked for.
    """
    ready: dict[int, Built] = {}
    for n, part in plan.kinds.items():
        asking = submission(channel, part, channel.terms.nonce())
        request = build(channel, asking)
        encoded = channel.terms.encode(request) if channel.terms.encode else None
        ready[n] = Built(part=part, asking=asking, request=request, encoded=encoded)
    return ready


def rebuilt(channel: Channel, like: Built, asking: Submission) -> Built:
    """A submission like another one; in the same bytes, where the same comes out."""
    if asking is like.asking:
        return like
    request = build(channel, asking)
    same = request == like.request
    request, encoded = (like.request, like.encoded) if same else (request, None)
    return Built(part=like.part, asking=asking, request=request, encoded=encoded)


def build(channel: Channel, asking: Submission) -> Request:
    """What the plugin would send for a submission, with the key by which it may be repeated."""
    hook, rule = "submit", channel.info.idempotency
    asked = channel.caller.call(Request, hook, request=asking)
    if asked is None:
        asked = channel.caller.typed(asked, Request, hook)
    return asked if rule is None else _keyed(asked, rule, asking.nonce, channel.info.name)


def _keyed(asked: Request, rule: Idempotency, nonce: str, provider: str) -> Request:
    """A submission with its idempotency key, where the provider documents that it goes.

    Raises:
        PluginError: It goes into a body that is no JSON object.
    """
    if rule.header:
        return evolve(asked, headers=(*asked.headers, (rule.header, nonce)))
    value = asked.body.value if isinstance(asked.body, JsonBody) else None
    if not isinstance(value, Mapping):
        msg = (
            f"The idempotency key {rule.field!r} goes into a JSON object, and submit() sends none."
        )
    elif rule.field in value:
        msg = f"submit() sets {rule.field!r}, which is the field of the idempotency key."
    else:
        return evolve(asked, body=JsonBody(value={**value, rule.field: nonce}))
    raise PluginError(msg, provider=provider)


def quotes(channel: Channel, plan: Plan) -> Flow[dict[int, Quote]]:
    """What each kind of the plan's submissions would cost, by how many images it asks for."""
    quotes: dict[int, Quote] = {}
    for size, part in plan.kinds.items():
        try:
            quote = yield from _price(channel, part)
        except UsageError:
            raise
        except TintypeError as error:
            quote = Quote(reason=str(error))
        named = like(quote, provider=channel.info.name, model=plan.model.id)
        quotes[size] = in_dollars(named, channel.info, channel.terms.usd_per_credit)
    return quotes


def known_quotes(channel: Channel, plan: Plan) -> dict[int, Quote]:
    """The same, where nobody has to be asked: for the journal, to which a price is no condition."""
    flow = quotes(channel, plan)
    try:
        next(flow)
    except StopIteration as stop:
        found: dict[int, Quote] = stop.value
        return found
    except UsageError:  # it concerns the price alone: what is sent was built before
        return {}
    flow.close()
    return {}


def total(plan: Plan, quotes: dict[int, Quote]) -> Quote:
    """What the whole plan would cost."""
    if len(plan.requests) == 1:
        return quotes[plan.requests[0].n]
    counts = Counter(part.n for part in plan.requests)
    return add_quotes([(quotes[size], times) for size, times in counts.items()])


def _price(channel: Channel, request: ImageRequest) -> Flow[Quote]:
    asking = submission(channel, request, nonce="")
    reason = channel.info.unpriced(asking)
    if reason:
        return Quote(reason=reason)
    quote: Quote | None = None
    for _ in range(_MAX_QUESTIONS):
        asked = channel.caller.call(object, "price", request=asking, quote=quote)
        if asked is None:
            return Quote(reason="No document tells the price.")
        if isinstance(asked, Quote):
            return checked(asked, channel.info.name, "price")
        asked = channel.caller.typed(asked, Request, "price")
        quote = yield from channel.query(
            Quote, Operation.PRICE, asked, request=asking, so_far=quote
        )
        if quote.final:
            return quote
    return Quote(reason=f"The price was still open after {_MAX_QUESTIONS} questions.")
