"""secret: the key goes into one header, to the declared hosts, and nowhere else.

A canary stands for the key. No hook ever sees it: the core puts it into the header that
`describe` declares, and only into requests to declared origins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from attrs import evolve

from tintype._keys.dispatch import fetch_request
from tintype.errors import PluginError, TintypeError
from tintype.messages import HttpRequest, Request
from tintype.models import Task
from tintype_contracts.check import Finding, check
from tintype_contracts.checks import secret_on_the_wire
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.harness.calls import documented_calls
from tintype_contracts.harness.customers import account, leaving
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, documented_answers, verdict
from tintype_contracts.oracles.secrets import (
    CANARY,
    built_requests,
    in_the_environment,
    listening,
    outcome_of,
    shows,
    views,
)
from tintype_contracts.strategies.mutations import Mutation, places

__all__ = ["secret_on_the_wire"]  # its checks belong to this group


@check("secret.key-in-its-header-only", level=1)
def key_in_its_header_only(subject: Subject) -> Iterator[Finding]:
    """The key stands in the declared place of a request, and nowhere else in it.

    Every documented request is built as it goes on the wire. A key in a URL is in every
    proxy's log (where a provider wants it there all the same, `QueryKey` says so), a key in a
    body in every crash report. Declare a scheme of `tintype.credentials` as `auth` in
    `describe()`; a request that needs no key says `auth=False`.
    """
    for exchange, request in built_requests(subject):
        sent = _encoded(subject, request)
        if isinstance(sent, HttpRequest):
            yield from _misplaced(subject, exchange, request, sent)
        elif isinstance(sent, PluginError) or not isinstance(sent, TintypeError):
            yield _finding(exchange, f"It cannot be encoded: {sent}", "a request", sent)


@check("secret.not-in-what-hooks-make", level=1)
def not_in_what_hooks_make(subject: Subject) -> Iterator[Finding]:
    """What a hook returns, raises, prints or logs never shows the key.

    The canary is in the environment, where a plugin has no business, while every documented
    call is made. It is looked for in the text of each value, its fields, its JSON and its
    pickle; in each error, in the errors that led to it and in the local variables of their
    frames; in what is printed and in every log record.
    """
    with in_the_environment(subject.info), listening() as heard:
        made = [(call, outcome_of(call.make)) for call in documented_calls(subject)]
    for call, value in made:
        for view in views(value):
            yield Finding(
                message=f"{call.place} shows the key in {view}. A hook reads no environment.",
                expected="no key",
                got=view,
                exchange=call.exchange,
                src=call.src,
            )
    if shows(heard.printed.getvalue()):
        yield Finding(message="The key is printed while hooks are called. Print nothing.")
    for line in filter(shows, heard.logged):
        yield Finding(message=f"The key is logged by {line.partition(':')[0]}. Do not log it.")


@check("secret.declared-hosts-only", level=1)
def declared_hosts_only(subject: Subject) -> Iterator[Finding]:
    """No request with the key goes to a host that the provider does not declare.

    Each documented request is turned to hosts that look like the declared one (another
    port, plain http, `api.acme.test.evil`, `api.acme.test@evil`): the core must refuse it.
    Declare API hosts only in `origins`: an asset host, or a host too many, gets the key.
    """
    declared = {_origin(url) for url in subject.fixtures.hosts.api}
    for url in subject.info.origins:
        if _origin(url) not in declared:
            message = f"The origin {url} is none of the documented API hosts: it would get the key."
            yield Finding(message=message, expected=sorted(declared), got=url)
    for exchange, request in built_requests(subject):
        if request.auth:
            yield from _sent_abroad(subject, exchange, request, declared)


@check("secret.not-where-an-answer-points", level=1)
def not_where_an_answer_points(subject: Subject) -> Iterator[Finding]:
    """An answer cannot send the key to a host of its own choosing.

    Every URL in every documented answer is turned to a host that looks like the declared
    one, and the task that comes of it is asked about. The next request must not leave with
    the key for that host, and is best never made for it: where the provider returns the
    address to poll, check that it is on a declared origin, or build it from the id.
    """
    for answer in documented_answers(subject):
        for pointer, url in places(answer.body) if answer.body is not MISSING else ():
            if not isinstance(url, str) or not url.startswith(("https://", "http://")):
                continue
            for other in _look_alikes(url):
                mutation = Mutation(pointer=pointer, value=other)
                yield from _led_astray(subject, answer, mutation)


@check("secret.not-with-results", level=1)
def not_with_results(subject: Subject) -> Iterator[Finding]:
    """A result is fetched without the key, but where the plugin declares that it is behind it.

    Every image of every documented task is told by its address alone, and no hook can change
    that. `keyed_results` names the addresses that are behind the key: one below which no
    documented result stands would show the key for nothing.
    """
    places: set[str] = set()
    for answer in documented_answers(subject):
        with in_the_environment(subject.info):
            task = verdict(subject, answer)
        for image in task.images if isinstance(task, Task) else ():
            fetched = fetch_request(image.url, public_only=True) if image.url else None
            headers = {name.lower() for name, _ in fetched.headers} if fetched else set()
            if headers & _headers(subject) or shows(repr(image)):
                message = "The result would be fetched with the key. Take its URL as it is told."
                yield _finding(answer.exchange, message, "no key", "the key")
            places |= {image.url} if image.url else set()
    for keyed in subject.info.keyed_results:
        if not any(url.startswith(keyed) for url in places):
            message = f"keyed_results names {keyed}, where no documented result stands. Remove it."
            yield Finding(message=message, expected=sorted(places)[:3], got=keyed)


# ------------------------------------------------------------------------------ requests


def _encoded(subject: Subject, request: Request) -> object:
    """A request as it goes on the wire, or why it does not."""
    return outcome_of(partial(leaving, request, subject.info, account(subject.info, CANARY)))


def _misplaced(
    subject: Subject, exchange: DocumentedExchange, request: Request, sent: HttpRequest
) -> Iterator[Finding]:
    place, declared = subject.info.auth.shown[0], _headers(subject)
    for name, value in sent.headers:
        if shows(value) and not (request.auth and name.lower() in declared):
            yield _finding(exchange, f"The key stands in the header {name}.", place, name)
    url = request.url if place.startswith("?") else sent.url
    shown = {"the URL": url, "the body": sent.body, "its text": repr(sent)}
    for where, text in shown.items():
        if shows(text):
            message = f"The key stands in {where} of the request. Declare auth instead."
            yield _finding(exchange, message, f"only in {place}", where)


def _headers(subject: Subject) -> set[str]:
    """The headers in which the provider is shown who asks."""
    return {name.lower() for name in subject.info.auth.headers}


def _carries(subject: Subject, request: Request) -> bool:
    """Whether a request would leave with the key."""
    sent = _encoded(subject, request)
    if not isinstance(sent, HttpRequest):
        return False
    return shows(sent.url) or any(name.lower() in _headers(subject) for name, _ in sent.headers)


# --------------------------------------------------------------------------------- hosts


def _sent_abroad(
    subject: Subject, exchange: DocumentedExchange, request: Request, declared: set[str]
) -> Iterator[Finding]:
    if not _stands(request.url, declared):
        message = "It carries the key to a host that no document names."
        yield _finding(exchange, message, sorted(declared), request.url)
    for url in _look_alikes(request.url):
        if not _stands(url, declared) and _carries(subject, evolve(request, url=url)):
            message = f"The key would go to {url}, which is not declared."
            yield _finding(exchange, message, "a PluginError", url)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    # The port of https, written out, is no other host.
    host = parts.netloc.removesuffix(":443") if parts.scheme == "https" else parts.netloc
    return f"{parts.scheme}://{host}".lower()


def _stands(url: str, declared: set[str]) -> bool:
    """Whether a URL is on a documented host, or on a name below a documented `https://*.…`."""
    found = _origin(url)
    below = (re.escape(each).replace(r"\*", "[a-z0-9.-]+") for each in declared if "*" in each)
    return found in declared or any(re.fullmatch(each, found) for each in below)


def _look_alikes(url: str) -> Iterator[str]:
    """The same address on hosts that a careless comparison takes for the declared one."""
    parts = urlsplit(url)
    host = parts.hostname or "api.test"
    for scheme, place in (
        ("https", f"{host}.evil.test"),
        ("https", f"{host}@evil.test"),
        ("https", f"evil.test:443@{host}.evil.test"),
        ("https", f"evil{host}"),
        ("https", f"{host}:8443"),
        ("https", f"evil.test/{host}"),
        ("https", f"evil.test#{host}"),
        ("https", f"evil.test?{host}"),
        ("https", f"evil.test\\.{host}"),
        ("http", host),
    ):
        yield f"{scheme}://{place}{parts.path}"


def _led_astray(subject: Subject, answer: Answer, mutation: Mutation) -> Iterator[Finding]:
    task = verdict(subject, answer.saying(mutation.apply(answer.body)))
    if not isinstance(task, Task) or task.state.terminal:
        return
    asked = outcome_of(lambda: subject.hooks.poll(task=task))
    if not isinstance(asked, Request) or not asked.auth:
        return
    declared = {_origin(url) for url in subject.fixtures.hosts.api}
    if not _stands(asked.url, declared):
        yield Finding(
            message=f"With {mutation} the next request is to take the key to {asked.url}. "
            "Check a returned address against the declared origins before it goes into notes.",
            expected=sorted(declared),
            got=asked.url,
            pointer=mutation.pointer,
            exchange=answer.exchange.id,
            src=answer.exchange.src,
            mutations=(str(mutation),),
        )


def _finding(exchange: DocumentedExchange, message: str, expected: object, got: object) -> Finding:
    return Finding(
        message=message,
        expected=expected,
        got=str(got),
        exchange=exchange.id,
        src=exchange.request_src or exchange.src,
    )
