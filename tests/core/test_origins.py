"""Origins: where a key may go; all names below a domain of the provider's, and no look-alike."""

from __future__ import annotations

import httpx
import pytest
import urllib3
import yarl
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st
from tests.core.acme import INFO, Acme

from tintype._keys.dispatch import Dispatch
from tintype._keys.origins import fault_of_origins, is_shared, origins_of
from tintype._plugins.registry import Registry
from tintype.account import Account
from tintype.catalog import ProviderInfo
from tintype.errors import PluginError
from tintype.hooks import hookimpl
from tintype.messages import Request

API = "https://api.bfl.ai"
BFL = evolve(INFO, origins=(API, "https://*.bfl.ai"))
ACCOUNT = Account(provider="acme", key="sk-1-do-not-tell")
LOOK_ALIKES = [
    "https://evilbfl.ai/v1",
    "https://bfl.ai.evil.test/v1",
    "https://api.bfl.ai.evil.test/v1",
    "https://api.us.bfl.ai@evil.test/v1",
    "https://evil.test#@api.us.bfl.ai/v1",
    "https://evil.test/.bfl.ai",
    "https://evil.test?.bfl.ai",
    "https://me@api.us.bfl.ai/v1",
    "https://api.us.bfl.ai:8443/v1",
    "http://api.us.bfl.ai/v1",
    "http://api.us.bfl.ai:443/v1",
    "https://api.us.bfl.ai./v1",
    "https://.bfl.ai/v1",
    "https://a..bfl.ai/v1",
    "https://bfl.ai/v1",
    "https://api.us.b\u212a.ai/v1",
    "https://k.bfl.ai\u2044.evil.test/v1",
    "https://\u212a.bfl.ai/v1",
    "https://аpi.bfl.ai/v1",  # noqa: RUF001 - its first letter is Cyrillic
    "https://api\\.evil.test\\.bfl.ai/v1",
    "https://evil.test\\@api.us.bfl.ai/v1",
    "https://api.bfl.ai%2eevil.test/v1",
    "https://api.us.bfl。ai/v1",
    "https://[::1].bfl.ai/v1",
    "wss://api.us.bfl.ai/v1",
]


PIECES = (
    *("https://", "http://", "//", "/", "\\", "@", ":", "443", "8443", "?", "#", ";", "&", "%2e"),
    *("api.bfl.ai", "us.bfl.ai", "bfl.ai", "evil.test", ".", "..", "。", "\t", "\n", " ", "[", "]"),
    *("::1", "%00", "\u212a", "\u017f", "\uff0f", "\u2024", "x", "{x}", "HTTPS://", "ai"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
@example("https://api.bfl.ai\\@evil.test/")
def test_every_library_takes_the_key_where_it_was_looked_for(tail: str) -> None:
    """Whatever an answer names: urllib3, yarl and httpx read the host that was declared."""
    for url in (tail, f"https://{tail}", f"https://api.bfl.ai{tail}", f"https://us.bfl.ai{tail}"):
        try:
            sent = Dispatch(BFL, ACCOUNT).encode(Request.get(url)).url
        except PluginError:
            continue
        hosts = {
            (urllib3.util.parse_url(sent).host or "").lower(),
            (yarl.URL(sent, encoded=True).host or "").lower(),
            httpx.URL(sent).raw_host.decode().lower(),
        }
        assert len(hosts) == 1
        assert f".{hosts.pop()}".endswith(".bfl.ai")
        assert sent.lower().startswith("https://")


@pytest.mark.parametrize("host", ["api.us4.bfl.ai", "a.b.c.bfl.ai", "API.EU.BFL.AI", "api.bfl.ai"])
@pytest.mark.parametrize("port", ["", ":443"])
def test_names_below_a_domain_are_given_the_key(host: str, port: str) -> None:
    """However many labels, in any case, at the usual port."""
    sent = Dispatch(BFL, ACCOUNT).encode(Request.get(f"https://{host}{port}/v1/result?id=1"))
    assert sent.url == f"https://{host}{port}/v1/result?id=1"


@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_a_look_alike_is_given_no_key(url: str) -> None:
    """Nothing is sent there."""
    with pytest.raises(PluginError, match="nothing was sent"):
        Dispatch(BFL, ACCOUNT).encode(Request.get(url))


def test_a_name_below_a_domain_gives_way_to_the_base_url() -> None:
    """As the documented origin does: to the letter behind the host."""
    account = evolve(ACCOUNT, base_url="https://proxy.test/bfl")
    sent = Dispatch(BFL, account).encode(Request.get("https://api.us4.bfl.ai/v1/result?id=a%2Fb"))
    assert sent.url == "https://proxy.test/bfl/v1/result?id=a%2Fb"


@pytest.mark.parametrize(
    "domain",
    [
        "co.uk",
        "github.io",
        "azurewebsites.net",
        "amazonaws.com",
        "us-east-1.amazonaws.com",
        "s3.amazonaws.com",
        "googleapis.com",
        "cloudfront.net",
        "core.windows.net",
        "windows.net",
        "openai.azure.com",
        "azure.com",
        "aliyuncs.com",
        "oss-cn-beijing.aliyuncs.com",
        "vercel.app",
        "workers.dev",
        "uk",
        "cos.ap-guangzhou.myqcloud.com",
        "s3.us-east-1.wasabisys.com",
        "services.ai.azure.com",
        "s3.us-west-004.backblazeb2.com",
        "storage.googleapis.com",
        "api.baseten.co",
        "gradio.live",
        "app.github.dev",
    ],
)
def test_a_domain_that_strangers_have_names_below_is_refused(domain: str) -> None:
    """A public suffix, what is above one, and what a cloud's customers share."""
    assert is_shared(domain)


@pytest.mark.parametrize("host", ["127.0.0.1:8188", "localhost", "[::1]:8188"])
def test_plain_http_is_for_this_machine(host: str) -> None:
    """A key over it is read by whoever is on the way; an account's base URL may say otherwise."""
    assert fault_of_origins((f"http://{host}",)) == ""


@pytest.mark.parametrize("domain", ["bfl.ai", "example.co.uk", "acme.test", "fal.run"])
def test_a_domain_of_ones_own_is_taken(domain: str) -> None:
    """One name below a public suffix, or more."""
    assert fault_of_origins((API, f"https://*.{domain}")) == ""


@pytest.mark.parametrize(
    ("origins", "fault"),
    [
        (("https://*.bfl.ai",), "first"),
        ((API, "https://*.amazonaws.com"), "others than the provider"),
        *(
            ((API, odd), "neither https://host nor")
            for odd in (
                "http://*.bfl.ai",
                "http://api.bfl.ai",
                "http://10.0.0.7:8188",
                "http://localhost.evil.test",
                "https://*.bfl.ai:443",
                "https://*.bfl.ai/v1",
                "https://*.ai",
                "https://*",
                "https://api-*.bfl.ai",
                "https://api.*.bfl.ai",
                "https://*bfl.ai",
                "https://*.BFL.ai",
                "https://me@api.bfl.ai",
                "https://api.bfl.ai/v1",
                "https://api.bfl.ai?",
                "ftp://api.bfl.ai",
                "api.bfl.ai",
                "",
            )
        ),
    ],
)
def test_an_origin_that_is_none_breaks_the_plugin(origins: tuple[str, ...], fault: str) -> None:
    """It is named, with what is wrong, when the plugin is loaded."""

    class Odd(Acme):
        @hookimpl
        def describe(self) -> ProviderInfo:
            return evolve(INFO, origins=origins)

    with pytest.raises(PluginError, match=fault) as caught:
        Registry({"acme": Odd()}).get("acme")
    assert repr(origins[-1]) in str(caught.value)


def test_origins_are_compared_as_urls_are() -> None:
    """In any case, with the usual port or without."""
    held = origins_of(("https://API.acme.test:443", "http://localhost:80"))
    assert held.hold("https://api.acme.test/v1")
    assert held.hold("http://LOCALHOST/v1")
    assert not held.hold("http://api.acme.test:443/v1")
