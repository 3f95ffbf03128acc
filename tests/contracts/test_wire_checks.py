"""The wire tier's checks: the good plugins pass them, and each is failed by somebody."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from types import SimpleNamespace
from typing import cast

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.poor_clients import (
    Careless,
    Follows,
    Forgets,
    Generous,
    Greedy,
    HangsUp,
    Proxied,
    Repeats,
    Shortens,
    Stubborn,
    Tosses,
    Vague,
    blocking,
)

from tintype.exchange import Exchange
from tintype.hooks import Extras, Provider
from tintype.messages import JsonBody, Request, Response
from tintype.models import Task, TaskState
from tintype.request import ImageRequest
from tintype_contracts.check import Finding, NotApplicable
from tintype_contracts.checks import all_checks
from tintype_contracts.checks import wire as _wire  # noqa: F401 - enters the checks
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.callers import CLIENTS, Awaiting, Blocking, Line

CHECKS = {check.id: check for check in all_checks() if check.group == "wire"}
HOOKS = ("describe", "price", "submit", "poll", "parse", "prepare", "models", "cancel")
BY_ID, AT_ONCE = "reference_by_id", "reference_at_once"


def findings(id_: str, subject: Subject) -> list[Finding]:
    """What a check finds."""
    return list(CHECKS[id_].run(subject))


def messages(id_: str, subject: Subject) -> str:
    """What a check says."""
    return "\n".join(finding.message for finding in findings(id_, subject))


def broken(name: str, **other: object) -> Subject:
    """A reference plugin, some hooks replaced."""
    good = reference.subject(name)
    hooks = SimpleNamespace(**{hook: getattr(good.hooks, hook) for hook in HOOKS} | other)
    plugin = evolve(
        good.plugin,
        hooks=cast("Provider", hooks),
        extras=cast("Extras", hooks),
        info=hooks.describe(),
    )
    return Subject(plugin, good.fixtures)


@contextmanager
def driven_by(
    sync: Callable[[Line], Blocking] = Blocking, awaiting: Callable[[Line], Awaiting] = Awaiting
) -> Iterator[None]:
    """Let the wire tier drive other clients."""
    token = CLIENTS.set((sync, awaiting))
    try:
        yield
    finally:
        CLIENTS.reset(token)


@pytest.mark.parametrize("name", reference.NAMES)
def test_a_good_plugin_passes_every_check_of_the_wire(name: str) -> None:
    """Whatever its style."""
    subject = reference.subject(name)
    found = {}
    for id_ in CHECKS:
        with suppress(NotApplicable):
            found[id_] = messages(id_, subject)
    assert {id_: told for id_, told in found.items() if told} == {}
    assert {"wire.scenes-by-urllib3", "wire.same-bytes", "wire.not-sent"} <= set(found)


# ----------------------------------------------------------------------- broken plugins


def _submitting(change: Callable[[Request], Request]) -> Subject:
    good = reference.subject(BY_ID).hooks

    def submit(request: ImageRequest) -> Request | Task:
        built = good.submit(request=request)
        return change(built) if isinstance(built, Request) else built

    return broken(BY_ID, submit=submit)


def _with_field(name: str, value: object) -> Callable[[Request], Request]:
    def change(request: Request) -> Request:
        if not isinstance(request.body, JsonBody):
            return request
        return evolve(request, body=JsonBody(value={**request.body.value, name: value}))

    return change


def _parsing(change: Callable[[Exchange, object], object], name: str = BY_ID) -> Subject:
    good = reference.subject(name).hooks

    def parse(exchange: Exchange) -> object:
        return change(exchange, good.parse(exchange=exchange))

    return broken(name, parse=parse)


BOTH = ("wire.scenes-by-urllib3", "wire.scenes-by-aiohttp")


def assert_told(words: str, subject: Subject) -> None:
    """With both clients the scenes are found wanting, in these words among others."""
    for id_ in BOTH:
        found = findings(id_, subject)
        assert any(words in finding.message for finding in found)


def test_an_undocumented_field_is_found_with_its_place_and_source() -> None:
    """The finding names the exchange, the pointer and the document."""
    subject = _submitting(_with_field("nonsense", 1))
    for first, *_ in (findings(id_, subject) for id_ in BOTH):
        assert first.pointer == "/json/nonsense"
        assert first.exchange
        assert first.src
        assert "https://" in first.message


def test_a_mismatch_is_found_also_where_the_plugin_swallows_it() -> None:
    """Whatever `parse` makes of a 599, the request was wrong."""
    good = reference.subject(BY_ID).hooks

    def parse(exchange: Exchange) -> object:
        message = exchange.message
        if isinstance(message, Response) and message.status == 599:
            return evolve(exchange.task or Task(), id="task-1", state=TaskState.RUNNING)
        return good.parse(exchange=exchange)

    wrong = _submitting(_with_field("nonsense", 1))
    subject = broken(BY_ID, submit=wrong.hooks.submit, parse=parse)
    assert_told("as documented", subject)


def test_a_plugin_that_never_looks_at_its_task_is_found() -> None:
    """The scene goes on, and nobody asks."""
    assert_told("was never asked for", broken(BY_ID, poll=lambda task: None))  # noqa: ARG005


def test_a_misread_answer_is_found() -> None:
    """What `parse` says is held against what is expected, over the wire as well."""

    def lose(_: Exchange, made: object) -> object:
        return evolve(made, images=made.images[:1]) if isinstance(made, Task) else made

    assert_told("is not what is expected", _parsing(lose))


def test_a_hook_that_raises_anything_is_found_and_ends_nothing() -> None:
    """A KeyError in `submit`, garbage from `parse`."""

    def submit(request: ImageRequest) -> Request:
        raise KeyError(request.prompt)

    assert_told("", broken(BY_ID, submit=submit))
    assert_told("", _parsing(lambda *_: "garbage"))


def test_a_catalog_that_refuses_what_is_documented_is_found() -> None:
    """The hook tier calls `submit` past the catalog; the client does not."""
    info = reference.subject(BY_ID).info
    narrow = tuple(evolve(model, parameters={}) for model in info.models)
    bare = evolve(info, models=narrow, general=evolve(info.general, parameters={}))
    assert_told("Let describe() admit it", broken(BY_ID, describe=lambda: bare))


def test_a_hook_with_a_memory_sends_other_bytes_the_second_time() -> None:
    """urllib3 is asked first, aiohttp second."""
    numbers = count()

    def change(request: Request) -> Request:
        return _with_field("nonce", next(numbers))(request)

    assert "sent different bytes" in messages("wire.same-bytes", _submitting(change))


def test_a_key_that_goes_to_the_host_of_results_is_found() -> None:
    """A host that the plugin declares and the documents do not call the API's."""
    good = reference.subject(BY_ID)
    assets = good.fixtures.hosts.assets[0]
    wide = evolve(good.info, origins=(*good.info.origins, assets))
    subject = broken(
        BY_ID,
        describe=lambda: wide,
        poll=lambda task: Request.get(f"{assets}/tasks/{task.id}"),
    )
    assert "shows the key in the header" in messages("wire.key-stays-with-the-api", subject)


def test_a_host_that_no_document_declares_is_told() -> None:
    """Its certificate is refused, and its name is kept."""
    elsewhere = Request(method="GET", url="https://elsewhere.test/x", auth=False)
    subject = broken(BY_ID, poll=lambda task: elsewhere)  # noqa: ARG005
    assert "elsewhere.test" in messages("wire.no-egress", subject)


def test_a_plugin_with_a_socket_of_its_own_is_told() -> None:
    """The guard refuses it, whatever the plugin makes of that."""

    def spy(request: Request) -> Request:
        with socket.socket() as own:
            own.connect_ex(("192.0.2.1", 80))
        return request

    assert "bypassed the transports" in messages("wire.no-egress", _submitting(spy))


def test_a_plugin_that_reads_how_an_answer_was_delivered_is_found() -> None:
    """Here: one that wants a length."""

    def want_length(exchange: Exchange, made: object) -> object:
        message = exchange.message
        if isinstance(message, Response) and message.header("content-length") is None:
            return Task()
        return made

    told = messages("wire.manners-of-delivery", _parsing(want_length))
    assert "Delivered in chunks" in told


def test_a_plugin_that_takes_a_redirect_for_an_answer_is_found() -> None:
    """A 302 holds no task."""
    good = reference.subject(BY_ID).hooks

    def parse(exchange: Exchange) -> object:
        message = exchange.message
        if isinstance(message, Response) and message.status in {302, 307}:
            return evolve(exchange.task or Task(), id="task-1", state=TaskState.RUNNING)
        return good.parse(exchange=exchange)

    assert "parse() makes a result of a 302" in messages(
        "wire.redirects", broken(BY_ID, parse=parse)
    )


def test_a_changed_address_of_a_result_leads_nowhere() -> None:
    """What is behind the documents' address is not behind another."""

    def change(_: Exchange, made: object) -> object:
        if not isinstance(made, Task):
            return made
        images = tuple(evolve(each, url=f"{each.url}?x=1") for each in made.images)
        return evolve(made, images=images)

    assert "Take the URL" in messages("wire.results-are-fetched", _parsing(change))


def test_a_warning_is_found() -> None:
    """Everybody who uses the plugin would see it."""

    def warn(request: Request) -> Request:
        warnings.warn("Old.", DeprecationWarning, stacklevel=1)
        return request

    assert "DeprecationWarning: Old." in messages("wire.nothing-is-left", _submitting(warn))


# ------------------------------------------------------------------------- poor clients

POOR = {
    "wire.lost-answers": (BY_ID, blocking(Repeats)),
    "wire.late-answers": (BY_ID, blocking(Vague)),
    "wire.not-sent": (BY_ID, blocking(Vague)),
    "wire.redirects": (BY_ID, blocking(Follows)),
    "wire.connections-are-kept": (BY_ID, blocking(HangsUp)),
    "wire.environment-is-ignored": (BY_ID, blocking(Proxied)),
    "wire.results-are-fetched": (BY_ID, blocking(Generous)),
    "wire.results-redirected": (BY_ID, blocking(Generous)),
    "wire.results-have-an-end": (BY_ID, Greedy),
    "wire.results-are-images": (BY_ID, Careless),
    "wire.cut-streams": (AT_ONCE, blocking(Shortens)),
    "wire.odd-values-cost-no-picture": (BY_ID, Forgets),
    "wire.unread-answers-are-kept": (BY_ID, Tosses),
}


@pytest.mark.parametrize("id_", POOR)
def test_a_poor_client_is_noticed(id_: str) -> None:
    """What plugins cannot do wrong, transports can: the tier looks at them as well."""
    name, poor = POOR[id_]
    with driven_by(poor):
        assert findings(id_, reference.subject(name))


def test_a_submission_that_is_not_cancelled_is_noticed() -> None:
    """It went on."""
    with driven_by(awaiting=Stubborn):
        assert "went on" in messages("wire.cancellation", reference.subject(BY_ID))
