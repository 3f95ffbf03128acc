"""Results: from where they are fetched, and how one learns that they are gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, answer
from tests.core.pictures import PNG, drawn

from tintype import Account, Client, Image, ImageRequest, Task, TaskState
from tintype._client.downloads import Memory, fetching
from tintype._client.keyed_results import Rules
from tintype._flow.effects import Fetch, Head
from tintype._http.addresses import Trusted
from tintype._pacing import Clock
from tintype._pictures.expiry import signed_expiry
from tintype.entries import Snapshot
from tintype.errors import DownloadError, UsageError

Artist = Callable[..., Client]
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
RULES = Rules(clock=Clock(monotonic=lambda: 0.0, now=lambda: NOON))
OVER = Task(
    provider="easel",
    model="oil-1",
    id="p1",
    state=TaskState.SUCCEEDED,
    request=ImageRequest(prompt="a red panda"),
)


def asked(url: str, rules: Rules = RULES) -> Fetch:
    """What is fetched first for an image at a URL."""
    effect = next(fetching(Image(url=url), Memory(), rules))
    assert isinstance(effect, Fetch)
    return effect


# ------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://cdn.test/a.png?x=1", "https://cdn.test/a.png?x=1"),
        ("http://cdn.test:80/a.png", "https://cdn.test/a.png"),
        ("HTTP://cdn.test:8443/a.png", "https://cdn.test:8443/a.png"),
    ],
)
def test_plain_http_is_asked_for_by_https(url: str, sent: str) -> None:
    """At a public host; never as it was given."""
    effect = asked(url)
    assert (effect.url, effect.public_only) == (sent, True)


def test_a_redirect_to_plain_http_is_followed_by_https() -> None:
    """Every step has the same rules."""
    flow = fetching(Image(url="https://cdn.test/a.png"), Memory(), RULES)
    next(flow)
    moved = Head(status=302, headers=(("Location", "http://other.test/b.png"),))
    second = flow.send(moved)
    assert isinstance(second, Fetch)
    assert second.url == "https://other.test/b.png"


@pytest.mark.parametrize(
    ("trusted", "url"),
    [
        ("cdn.test", "http://cdn.test/a.png"),
        ("*.lan.test", "http://a.b.lan.test:8080/a.png"),
        ("10.0.0.0/8", "http://10.1.2.3/a.png"),
        ("fd00::/8", "http://[fd00::1]/a.png"),
        ("NAS.local", "http://nas.local/a.png"),
    ],
)
def test_a_trusted_host_is_asked_as_it_is(trusted: str, url: str) -> None:
    """By name, below a domain, or by a range; plain http and private networks included."""
    effect = asked(url, evolve(RULES, trusted=Trusted.of([trusted])))
    assert (effect.url, effect.public_only) == (url, False)


def test_an_api_on_this_machine_has_its_results_there() -> None:
    """Where it is declared and no base URL replaces it; at no other port."""
    near = evolve(RULES, origins=("http://127.0.0.1:8188",))
    url = "http://127.0.0.1:8188/view?filename=a.png"
    assert (asked(url, near).url, asked(url, near).public_only) == (url, False)
    for other in ("http://127.0.0.1:8189/a.png", "http://localhost:8188/a.png"):
        with pytest.raises(DownloadError):
            asked(other, near)
    moved = evolve(near, base_url="https://draws.test/comfy")
    assert asked(url, moved).url == "https://draws.test/comfy/view?filename=a.png"


def test_a_trusted_range_is_known_to_whoever_resolves_names() -> None:
    """The resolvers of some proxies answer every name from 198.18.0.0/15."""
    effect = asked("https://cdn.test/a.png", evolve(RULES, trusted=Trusted.of(["198.18.0.0/15"])))
    assert (effect.public_only, effect.trusted_networks) == (True, ("198.18.0.0/15",))


@pytest.mark.parametrize("trusted", ["evil.test", "*.cdn.test", "10.0.0.0/8"])
def test_trust_is_for_what_is_named(trusted: str) -> None:
    """A name is not the names below it, nor a domain's own."""
    effect = asked("http://cdn.test/a.png", evolve(RULES, trusted=Trusted.of([trusted])))
    assert (effect.url, effect.public_only) == ("https://cdn.test/a.png", True)


def test_a_range_that_is_none_is_refused(connect: Connect, server: Loopback) -> None:
    """With the variable to mend, before anything is fetched."""
    account = Account(provider="easel", key=KEY, base_url=server.url, trusted_hosts=("10.0.0/x",))
    client = connect(account, plugins={"easel": easel})
    with pytest.raises(UsageError, match="EASEL_TRUSTED_HOSTS"):
        client.fetch(Image(url=f"{server.url}/1.png"), provider="easel")


def test_the_refusal_of_an_address_names_the_way_out() -> None:
    """`trusted_hosts`, by its variable too."""
    with pytest.raises(DownloadError, match=r"trusted_hosts \(<PROVIDER>_TRUSTED_HOSTS\)"):
        asked("https://10.0.0.1/a.png")


def test_a_result_on_the_apis_own_origin_follows_the_base_url() -> None:
    """A gateway that stands for the API stands for its results."""
    rules = evolve(RULES, base_url="http://127.0.0.1:9/v", origins=("https://api.acme.test",))
    effect = asked("https://api.acme.test/files/1.png?s=%2B", rules)
    assert effect.url == "http://127.0.0.1:9/v/files/1.png?s=%2B"
    assert not effect.public_only
    assert asked("https://cdn.acme.test/1.png", rules).url == "https://cdn.acme.test/1.png"


# --------------------------------------------------------------------------- what is gone


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("X-Amz-Date=20260102T110000Z&X-Amz-Expires=3600&X-Amz-Signature=0", NOON),
        ("x-goog-date=20260102T110000Z&x-goog-expires=3600", NOON),
        ("X-Tos-Expires=3600&X-Tos-Date=20260102T110000Z", NOON),
        ("x-oss-date=20260102T110000Z&x-oss-expires=3600", NOON),
        ("Expires=1767355200&Signature=x&OSSAccessKeyId=y", NOON),
        ("q-sign-time=1767350000;1767355200", NOON),
        ("sv=2024&se=2026-01-02T12%3A00%3A00Z&sig=x", NOON),
        ("se=2026-01-02T12%3A00%3A00Z", None),
        ("exp=1767355200&sig=x", NOON),
        ("exp=1767355200", None),
        ("Expires=soon", None),
        ("Expires=99999999999999999999", None),
        ("X-Amz-Date=20260102T110000Z&X-Amz-Expires=" + "9" * 400, None),
        ("X-Amz-Date=2026&X-Amz-Expires=1", None),
        ("a=1", None),
        ("&".join(["a=1"] * 1000), None),
        ("", None),
    ],
)
def test_a_signed_url_says_when_it_ends(query: str, at: datetime | None) -> None:
    """In the spelling of each storage; what says nothing that can be read says nothing."""
    assert signed_expiry(f"https://cdn.test/a.png?{query}") == at


XML = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, XML),
        (400, b"<Error><Code>ExpiredToken</Code></Error>"),
        (403, b"<Error>Signature not valid in the specified time frame</Error>"),
        (410, b""),
    ],
)
def test_what_is_gone_is_expired_once(
    artist: Artist, server: Loopback, tmp_path: Path, status: int, body: bytes
) -> None:
    """By the storage's own words: the record is closed, and the next resume asks nothing."""
    server.on("GET /1.png", answer(body, status=status))
    client = artist(journal=tmp_path / "journal.db")
    image = Image(url=f"{server.url}/1.png")
    client.journal.record(Snapshot(task=evolve(OVER, images=(image,)))).result()
    (resumed,) = client.resume(tmp_path / "out")
    assert isinstance(resumed.error, DownloadError)
    assert resumed.error.expired
    assert client.resume(tmp_path / "out") == ()
    assert len(server.requests) == 1
    (record,) = client.journal.records()
    assert record.task is not None
    assert record.task.state is TaskState.EXPIRED


def test_a_refusal_without_a_reason_is_no_end(artist: Artist, server: Loopback) -> None:
    """Another look may find it."""
    server.on("GET /1.png", answer(b"<Error><Code>AccessDenied</Code></Error>", status=403))
    with pytest.raises(DownloadError) as caught:
        artist().fetch(Image(url=f"{server.url}/1.png"), provider="easel")
    assert not caught.value.expired


@pytest.mark.parametrize("status", [202, 404, 520])
def test_a_result_that_is_not_there_yet_is_asked_for_again(
    artist: Artist, server: Loopback, status: int
) -> None:
    """A network of servers may know of a task before it has its picture."""
    server.on("GET /1.png", answer(status=status), answer(PNG))
    assert artist().fetch(Image(url=f"{server.url}/1.png"), provider="easel") == PNG


# ---------------------------------------------------------------------------- in the answer


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
@pytest.mark.parametrize("size", [20, 30])
def test_half_a_picture_in_an_answer_is_not_saved_as_a_whole_one(
    artist: Artist, tmp_path: Path, kind: str, size: int
) -> None:
    """As if it had been fetched: an error that tells where its bytes are, and no file."""
    half = Image(data=drawn(kind)[:size])
    with pytest.raises(DownloadError, match=r"Image\.data"):
        artist().save(half, tmp_path, name="x")
    assert list(tmp_path.iterdir()) == []
