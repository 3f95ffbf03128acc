"""A plugin's request as bytes, and the one place that writes a key."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import urlsplit

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.core.acme import API, INFO, PNG, SAME_EVERY_TIME, signed

from tintype._client.keyring import Keyring
from tintype._keys.dispatch import (
    checked_base_url,
    fetch_request,
    normalized,
    origin,
)
from tintype._keys.variables import env_name
from tintype.account import Account
from tintype.credentials import HeaderKey, QueryKey, Scheme
from tintype.errors import Billed, MissingKeyError, PluginError, UsageError
from tintype.messages import (
    Body,
    FormBody,
    HttpRequest,
    JsonBody,
    MultipartBody,
    Part,
    RawBody,
    Request,
    find_header,
)

KEY = "sk-canary-4711"
AT = datetime(2026, 11, 28, tzinfo=UTC)
ACCOUNT = Account(provider="acme", key=KEY)
GATEWAY = Account(provider="acme", key=KEY, base_url="https://gate.test:8443/acme/")


def sent(
    url: str = f"{API}/images",
    account: Account = ACCOUNT,
    body: Body | None = None,
    **fields: object,
) -> HttpRequest:
    """A POST to that address as it goes on the wire."""
    request = Request(method="POST", url=url, body=body, **fields)  # type: ignore[arg-type]
    return signed(request, INFO, account, AT)


# --------------------------------------------------------------------------- the key


def test_the_key_is_in_the_auth_header_and_nowhere_else() -> None:
    """Not in the URL, not in the body, not in the repr."""
    request = sent(body=JsonBody(value={"prompt": "a cat"}))
    holding = [name for name, value in request.headers if KEY in value]
    assert holding == ["Authorization"]
    assert find_header(request.headers, "authorization") == f"Bearer {KEY}"
    assert KEY not in request.url
    assert KEY.encode() not in request.body
    assert KEY not in repr(request)


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (HeaderKey(header="x-key", prefix=""), ("x-key", KEY)),
        (HeaderKey(prefix="Key "), ("Authorization", f"Key {KEY}")),
    ],
)
def test_the_key_is_shown_as_the_provider_documents(auth: Scheme, header: tuple[str, str]) -> None:
    """Header and form are data."""
    request = signed(Request.get(f"{API}/x"), evolve(INFO, auth=auth), ACCOUNT, AT)
    assert header in request.headers


FOREIGN = [
    "https://api.acme.test.evil/v1",
    "https://evil.test/api.acme.test",
    "https://evil.test/?https://api.acme.test",
    "https://api.acme.test@evil.test/v1",
    "https://api.acme.test:443@evil.test/v1",
    "https://user@api.acme.test/v1",
    "https://user:word@api.acme.test/v1",
    "https://api.acme.test:8443/v1",
    "https://api.acme.test:0/v1",
    "https://api.acme.test:99999/v1",
    "https://api.acme.test:x/v1",
    "http://api.acme.test/v1",
    "http://api.acme.test:443/v1",
    "ftp://api.acme.test/v1",
    "//api.acme.test/v1",
    "/v1/images",
    "",
    "https://",
    "https://[",
    "https://acme.test/v1",
    "https://xapi.acme.test/v1",
    "https://api.acme.test./v1",
    "https://api.acme.test\\@evil.test/v1",
    "https:\\\\api.acme.test/v1",
    "https://api.acme.test\n.evil.test/v1",
    "https://api\u2024acme.test/v1",
    "https://api.acme.test%2eevil.test/v1",
    "https://api.acme.test%00.evil.test/v1",
    "https://api.acme.te\u017ft/v1",
    "https://\uff41pi.acme.test/v1",
    "https://api.acme.test\u3002evil.test/v1",
    "https://[::ffff:127.0.0.1]/v1",
    "https://api.acme.test:\u0664\u0664\u0663/v1",
]


@pytest.mark.parametrize("url", FOREIGN)
@pytest.mark.parametrize("account", [ACCOUNT, GATEWAY])
def test_the_key_goes_to_no_host_that_is_not_declared(url: str, account: Account) -> None:
    """Not to one that looks like it, another port, another scheme, or a hidden one."""
    with pytest.raises(PluginError, match="nothing was sent") as caught:
        sent(url, account)
    assert caught.value.billed == "no"
    assert KEY not in str(caught.value)


@given(st.text(max_size=30))
@SAME_EVERY_TIME
def test_whatever_a_server_names_as_its_address_the_key_stays_home(address: str) -> None:
    """Any text after the documented origin is a path on it, or refused."""
    for url in (address, f"https://{address}", f"https://api.acme.test{address}"):
        try:
            request = sent(url)
        except PluginError:
            continue
        assert origin(request.url) == ("https", "api.acme.test", 443)


@pytest.mark.parametrize("url", ["https://cdn.test/1.png", "http://api.acme.test/free"])
def test_a_request_without_a_credential_may_go_anywhere(url: str) -> None:
    """And holds no key."""
    request = sent(url, auth=False)
    assert request.url == url
    assert all(KEY not in value for _, value in request.headers)


def test_an_address_that_is_none_is_the_plugins_fault() -> None:
    """Also without a credential."""
    with pytest.raises(PluginError, match="which is no URL"):
        sent("https://[", auth=False)


@pytest.mark.parametrize("url", [f"{API}/x", "https://API.acme.TEST/v1/x", f"{API}:443/x"])
def test_one_origin_has_several_spellings(url: str) -> None:
    """Case, and the port that the scheme implies."""
    url = url.replace("/v1:443", ":443/v1")
    assert find_header(sent(url).headers, "authorization")


@pytest.mark.parametrize("account", [Account(provider="acme"), Account(provider="acme", key="")])
def test_a_missing_key_is_told_by_the_name_of_its_variable(account: Account) -> None:
    """The way out stands in the message."""
    with pytest.raises(MissingKeyError, match="set ACME_API_KEY, or give an Account"):
        sent(account=account)
    assert sent(account=account, auth=False).method == "POST"


@pytest.mark.parametrize("key", ["a\nb", "a b", "a\r\nX: y", "k\u00e4y", "\u200bkey", "a\x00"])
def test_a_key_that_no_header_can_carry_is_refused_unshown(key: str) -> None:
    """Usually a slip in copying."""
    with pytest.raises(MissingKeyError, match="copy it into ACME_API_KEY again") as caught:
        sent(account=Account(provider="acme", key=key))
    assert key not in str(caught.value)


def test_a_key_with_braces_is_no_template() -> None:
    """The form is, the key is not."""
    request = sent(account=Account(provider="acme", key="{key}{0}"))
    assert find_header(request.headers, "authorization") == "Bearer {key}{0}"


# ---------------------------------------------------------------------- the address


@pytest.mark.parametrize(
    ("base", "url", "wire"),
    [
        (None, f"{API}/a?b=c", f"{API}/a?b=c"),
        (None, "https://api.acme.test", "https://api.acme.test/"),
        ("http://127.0.0.1:8080", f"{API}/a", "http://127.0.0.1:8080/v1/a"),
        ("https://gate.test/acme", f"{API}/a?b=c", "https://gate.test/acme/v1/a?b=c"),
        ("https://gate.test/acme/", f"{API}/a", "https://gate.test/acme/v1/a"),
        ("https://gate.test/acme", "https://gate.test/acme/t/1", "https://gate.test/acme/t/1"),
        ("https://gate.test", "https://gate.test/t/1", "https://gate.test/t/1"),
        ("http://[::1]:8080", f"{API}/a", "http://[::1]:8080/v1/a"),
    ],
)
def test_the_base_url_replaces_the_origin_and_keeps_the_documented_path(
    base: str | None, url: str, wire: str
) -> None:
    """A prefix stands in front; an address on the base itself is left alone."""
    assert sent(url, Account(provider="acme", key=KEY, base_url=base)).url == wire


@pytest.mark.parametrize(
    "url",
    [
        "https://gate.test:8443/other/x",
        "https://gate.test:8443/acmes/x",
        "https://gate.test:8443/acme/../other",
        "https://gate.test/acme/x",
        "http://gate.test:8443/acme/x",
    ],
)
def test_the_key_stays_under_the_prefix_of_the_base_url(url: str) -> None:
    """A gateway may serve other people's paths beside it."""
    with pytest.raises(PluginError, match="does not declare"):
        sent(url, GATEWAY)


@pytest.mark.parametrize(
    "base",
    [
        *("gate.test", "ftp://gate.test", "https://", "https://u:p@gate.test", "https://[", ""),
        *("https://gate.test?x", "https://gate.test/#x", "https://gate.test/?", "https://g:x"),
    ],
)
def test_a_base_url_that_is_none_is_refused_by_the_name_of_its_variable(base: str) -> None:
    """Before anything is sent."""
    account = Account(provider="my-acme", key=KEY, base_url=base)
    with pytest.raises(UsageError, match="mend MY_ACME_BASE_URL or the account"):
        checked_base_url(account)


@pytest.mark.parametrize(
    ("host", "trusted", "sends"),
    [
        *(
            (host, (), True)
            for host in ("127.0.0.1:80", "localhost", "[::1]", "10.1.2.3", "gateway")
        ),
        *((host, (), True) for host in ("gate.local", "gate.internal:8080", "192.168.0.9")),
        *(
            (host, (), False)
            for host in ("gate.test", "8.8.8.8", "[2606:4700::1]", "10.1.2.3.nip.io")
        ),
        *(
            (host, (), False)
            for host in ("localhost.evil.test", "134744072", "0x8080808", "8.526344")
        ),
        ("gate.test", ("gate.test",), True),
        ("gate.test:8080", ("*.test",), True),
        ("198.18.0.7", ("198.18.0.0/15",), True),
        ("gate.test", ("other.test",), False),
    ],
)
def test_no_key_goes_over_plain_http_to_a_public_host(
    host: str, trusted: tuple[str, ...], *, sends: bool
) -> None:
    """It is told before anything is sent, with the way out; a network of one's own is named."""
    for scheme in ("http", "HTTP"):
        base = f"{scheme}://{host}"
        account = Account(provider="acme", key=KEY, base_url=base, trusted_hosts=trusted)
        if sends:
            assert sent(f"{API}/a", account).url.startswith(base)
            continue
        with pytest.raises(
            UsageError, match=r"plain http.*ACME_BASE_URL.*ACME_TRUSTED_HOSTS"
        ) as caught:
            sent(f"{API}/a", account)
        assert KEY not in str(caught.value)
    assert sent(f"{API}/a", Account(provider="acme", key=KEY, base_url=f"https://{host}"))


def test_no_base_url_is_none() -> None:
    """The documented origin serves."""
    assert checked_base_url(ACCOUNT) is None


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://a.test", "https://a.test/"),
        ("https://a.test/a b", "https://a.test/a%20b"),
        ("https://a.test/\u00e4?q=\U0001f43c", "https://a.test/%C3%A4?q=%F0%9F%90%BC"),
        ("https://a.test/%c3%a4", "https://a.test/%c3%a4"),
        ("https://a.test/100%&s=%2f%2B", "https://a.test/100%&s=%2f%2B"),
        ("https://a.test/a?", "https://a.test/a?"),
        ("https://a.test?", "https://a.test/?"),
        ("https://a.test?a=b", "https://a.test/?a=b"),
        ("https://a.test?#a", "https://a.test/?"),
        (" https://a.test/a\n/b\t", "https://a.test/a/b"),
        ('https://a.test/"<>^`{|}', 'https://a.test/"<>^`{|}'),
        ("https://a.test/%zz", "https://a.test/%zz"),
        ("https://a.test/a?b=c/d?e&f=[1]", "https://a.test/a?b=c/d?e&f=[1]"),
        ("https://a.test/a#part", "https://a.test/a"),
        ("https://a.test//a/./b", "https://a.test//a/./b"),
    ],
)
def test_a_target_is_asked_for_as_it_was_given(url: str, target: str) -> None:
    """A signature covers every character; only what no request line can hold is escaped."""
    assert normalized(url) == target
    assert normalized(target) == target


@given(st.text())
@SAME_EVERY_TIME
def test_any_path_becomes_plain_ascii(text: str) -> None:
    """A task's id may hold anything."""
    url = normalized(f"{API}/{text.encode('utf-8', 'replace').decode()}")
    assert url.isascii()
    assert " " not in url
    assert normalized(url) == url
    assert urlsplit(url).netloc == "api.acme.test"


def test_results_are_fetched_without_a_credential() -> None:
    """Whatever the host."""
    request = fetch_request("https://api.acme.test/1 2.png#x", public_only=True)
    assert request.url == "https://api.acme.test/1%202.png"
    assert request.method == "GET"
    assert [name for name, _ in request.headers] == ["Accept", "Accept-Encoding", "User-Agent"]


@pytest.mark.parametrize(("name", "env"), [("acme", "ACME"), ("my-acme.2", "MY_ACME_2")])
def test_a_providers_name_is_spelt_as_a_variable(name: str, env: str) -> None:
    """For `<NAME>_API_KEY` and the others."""
    assert env_name(name) == env


# -------------------------------------------------------------------------- the body


def test_json_is_sent_compact_as_utf8_with_its_length() -> None:
    """Order, null, false and 0 stay as the plugin gave them."""
    value = {"prompt": "\U0001f43c \u00e4\n", "n": 0, "a": None, "b": False, "c": [1.5]}
    request = sent(body=JsonBody(value=value))
    assert (
        request.body
        == '{"prompt":"\U0001f43c \u00e4\\n","n":0,"a":null,"b":false,"c":[1.5]}'.encode()
    )
    assert find_header(request.headers, "content-type") == "application/json"
    assert find_header(request.headers, "content-length") == str(len(request.body))
    assert json.loads(request.body) == value


@pytest.mark.parametrize(
    "value", [{1, 2}, float("nan"), float("inf"), b"bytes", Decimal(1), "\ud800", date(2026, 1, 1)]
)
def test_a_body_that_json_cannot_hold_is_the_plugins_fault(value: object) -> None:
    """What a caller gives as options is held to JSON where it is made."""
    with pytest.raises(PluginError, match="cannot be encoded; nothing was sent") as caught:
        sent(body=JsonBody(value={"x": [value]}))
    assert caught.value.billed is Billed.NO


@pytest.mark.parametrize(
    "fields",
    [
        {"body": {"prompt": "x"}},
        {"body": MultipartBody(parts=(Part(name="a", data="text"),))},  # type: ignore[arg-type]
        {"body": MultipartBody(parts=(Part(name="a", data=b"", media_type="a\r\nb: c"),))},
        {"body": FormBody(fields=(("a", None),))},  # type: ignore[arg-type]
        {"body": FormBody(fields=(("a", "\ud800"),))},
        {"body": RawBody(data="text", media_type="text/plain")},  # type: ignore[arg-type]
        {"body": RawBody(data=b"", media_type="a/b\r\nX: y")},
        {"body": RawBody(data=b"", media_type="png")},
        {"accept": "image/png\r\nX: y"},
        {"accept": "image/png; q=\u0663"},
        {"accept": "pictures"},
        {"answer": "bytes"},
        {"answer": True, "accept": "image/png"},
        {"headers": None},
        {"headers": ("X-Version", "2")},
        {"method": "GET / HTTP/1.1\r\nx: y"},
        {"method": ""},
        {"method": 7},
        {"url": None},
    ],
)
def test_a_request_that_http_cannot_carry_is_the_plugins_fault(fields: dict[str, object]) -> None:
    """It is told as what it is, and nothing is sent."""
    request = evolve(Request.post(f"{API}/images", {}), **fields)  # type: ignore[arg-type]
    with pytest.raises(PluginError) as caught:
        signed(request, INFO, ACCOUNT, AT)
    assert caught.value.billed is Billed.NO


def test_nothing_has_no_type_and_no_length() -> None:
    """A GET is a head alone."""
    request = signed(Request.get(f"{API}/x"), INFO, ACCOUNT, AT)
    assert request.body == b""
    assert find_header(request.headers, "content-type") is None


@pytest.mark.parametrize(
    ("answer", "accept"),
    [
        ("events", "text/event-stream, application/json"),
        ("lines", "application/x-ndjson, application/json"),
        ("whole", "application/json"),
    ],
)
def test_a_stream_is_asked_for_only_where_it_may_come(answer: str, accept: str) -> None:
    """And JSON always, for the providers that do not stream."""
    request = sent(answer=answer)
    assert find_header(request.headers, "accept") == accept
    assert find_header(request.headers, "accept-encoding") == "gzip, deflate"
    assert (find_header(request.headers, "user-agent") or "").startswith("tintype/")


def test_json_may_be_a_list() -> None:
    """Some APIs take several questions at once."""
    assert sent(body=JsonBody(value=[{"taskType": "imageInference"}])).body == (
        b'[{"taskType":"imageInference"}]'
    )


def test_a_form_without_files_is_urlencoded() -> None:
    """In UTF-8 and in its order, a name that stands twice twice."""
    request = sent(body=FormBody(fields=(("q", "\u00e4 b&c=d\n"), ("n", "1"), ("n", "+"))))
    assert request.body == b"q=%C3%A4+b%26c%3Dd%0A&n=1&n=%2B"
    assert find_header(request.headers, "content-type") == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_raw_bytes_are_sent_as_they_are(method: str) -> None:
    """With the media type that the plugin names, and their length."""
    body = RawBody(data=PNG, media_type="image/png")
    request = signed(Request(method=method, url=f"{API}/x", body=body), INFO, ACCOUNT, AT)
    assert request.body is PNG
    assert find_header(request.headers, "content-type") == "image/png"
    assert find_header(request.headers, "content-length") == str(len(PNG))


@pytest.mark.parametrize("accept", ["image/png", "image/*, application/json;q=0.5", "*/*"])
def test_the_media_types_it_accepts_are_the_plugins(accept: str) -> None:
    """So that a picture can be asked for as bytes."""
    assert [v for name, v in sent(accept=accept).headers if name == "Accept"] == [accept]


# ----------------------------------------------------------------- headers of its own


OWN = (("X-DashScope-Async", "enable"), ("x-runway-version", "2024-11-06"), ("Prefer", "wait=5; a"))


@pytest.mark.parametrize("auth", [True, False])
def test_headers_of_the_api_are_sent_as_the_plugin_gives_them(*, auth: bool) -> None:
    """In their case and order, beside the core's own."""
    headers = sent(headers=OWN, auth=auth).headers
    assert headers[: len(OWN)] == OWN
    assert len({name.lower() for name, _ in headers}) == len(headers)


NOT_ITS_OWN = [
    *("Authorization", "authorization", "PROXY-AUTHORIZATION", "Host", "Cookie", "Set-Cookie"),
    *("Content-Type", "content-length", "Content-Encoding", "CONTENT-", "User-Agent", "Accept"),
    *("Accept-Encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding"),
    *("Upgrade", "Expect", "Proxy-Connection", "HTTP2-Settings", "X Key", "X-Key:", "", "\u00e4"),
    *("Host ", "X\r\nHost", "Ho\u017ft", "\uff28ost"),
]


@pytest.mark.parametrize("auth", [True, False])
@pytest.mark.parametrize("name", NOT_ITS_OWN)
def test_a_header_that_is_the_cores_is_refused_by_its_name(name: str, *, auth: bool) -> None:
    """Whatever it could contradict or carry elsewhere; nothing is sent, and the way out is told."""
    with pytest.raises(PluginError) as caught:
        sent(headers=((name, "x"),), auth=auth)
    assert repr(name) in str(caught.value)
    assert "Leave it out of Request.headers; nothing was sent" in str(caught.value)
    assert (caught.value.provider, caught.value.billed) == ("acme", "no")


def test_the_header_of_the_providers_own_scheme_is_refused() -> None:
    """Also where it is not `Authorization`, and where no key goes along."""
    info = evolve(INFO, auth=HeaderKey(header="X-Key", prefix=""))
    for auth in (True, False):
        asked = Request(method="GET", url=f"{API}/x", headers=(("x-key", "mine"),), auth=auth)
        with pytest.raises(PluginError, match="no hook sees one"):
            signed(asked, info, ACCOUNT, AT)


@pytest.mark.parametrize(
    "query",
    [
        *("api_key=mine", "a=1&api_key=mine", "api_key", "API_KEY=mine", "api%5Fkey=mine"),
        *("a=1;api_key=mine", "api_key[]=mine", "%20api_key=mine", "+api_key=mine", "api_key%00=x"),
    ],
)
def test_a_parameter_that_bears_the_key_is_the_cores(query: str) -> None:
    """However a server may read it: of two, nobody knows which one counts."""
    info = evolve(INFO, auth=QueryKey(name="api_key"))
    with pytest.raises(PluginError, match=r"poll\(\) asks for .*'api_key'.*Request.url") as caught:
        Keyring(info, ACCOUNT, lambda: AT).rehearse(Request.get(f"{API}/x?{query}"), "poll")
    assert "nothing was sent (docs/plugins.md, Requests)" in str(caught.value)
    assert (caught.value.provider, caught.value.billed) == ("acme", "no")


@pytest.mark.parametrize("query", ["api_keys=1", "x=api_key", "x#api_key=2", "a&b", "%2561pi_key"])
def test_a_parameter_of_another_name_is_the_apis(query: str) -> None:
    """And where no key goes along, all are."""
    info = evolve(INFO, auth=QueryKey(name="api_key"))
    for asked in (
        Request.get(f"{API}/x?{query}"),
        Request(method="PUT", url="https://s3.test/up?api_key=theirs", auth=False),
    ):
        assert signed(asked, info, ACCOUNT, AT).url.count("api_key=") == 1


def test_a_host_that_is_not_declared_is_named_with_those_that_are() -> None:
    """As far as it is a host: a path, a query and a user may hold what is secret."""
    for url, told in (
        ("https://me:pass@evil.test:8443/secret?secret", "'https://evil.test:8443'"),
        ("https://api.\u0430cme.test/secret", r"'https://api.\\u0430cme.test'"),
        ("/v1/secret", "an address without a host"),
    ):
        with pytest.raises(PluginError) as caught:
            Keyring(INFO, ACCOUNT, lambda: AT).rehearse(Request.get(url), "poll")
        assert f"The plugin's poll() asks for a credential to go to {told}," in str(caught.value)
        assert f"ProviderInfo.origins ({INFO.origins[0]})" in str(caught.value)
        assert "secret" not in str(caught.value)
        assert "pass" not in str(caught.value)


def test_a_setting_fills_the_value_of_a_header() -> None:
    """As in a URL, and in the same alphabet; what is no setting is the plugin's own text."""
    info = evolve(INFO, settings={"project": "", "region": "eu-1"})
    account = evolve(ACCOUNT, settings={"project": "p-7"})
    headers = (("X-Project", "{project}/{region}"), ("X-Other", "{other}"))
    made = signed(Request.get(f"{API}/x", headers=headers), info, account, AT)
    assert find_header(made.headers, "x-project") == "p-7/eu-1"
    assert find_header(made.headers, "x-other") == "{other}"
    for value in ("", "a\r\nHost: evil.test", "a b", "é"):
        wrong = evolve(account, settings={"project": value})
        with pytest.raises(UsageError, match="setting 'project'"):
            signed(Request.get(f"{API}/x", headers=headers), info, wrong, AT)


CLIMBS = ["/..", "/../other", "/a/../../other", "/%2e%2e/x", "/%252e%252e/x", "/..%2fx", "/..;/x"]


@pytest.mark.parametrize("path", [*CLIMBS, "/.%2E/x", "/%25252e%25252e/x", "/%5c..%5cx"])
def test_no_path_leads_above_the_base_url(path: str) -> None:
    """A gateway serves other people beside it, and a server on the way may decode once more.

    An answer may have told the address to be polled: it is no way to have the key sent there.
    """
    with pytest.raises(PluginError, match="above the account's base URL"):
        sent(f"{INFO.origins[0]}{path}", GATEWAY)
    assert sent(f"{API}/v2/tasks{path}", GATEWAY).url.endswith(f"/v2/tasks{path}")
    assert sent(f"{API}{path}").url == f"{API}{path}"


def test_what_is_somebody_elses_is_asked_for_to_the_letter() -> None:
    """No setting goes to a host that is not declared, in its URL or in a header."""
    info = evolve(INFO, settings={"project": "p-7"})
    asked = Request(
        method="PUT",
        url="https://s3.test/{project}?to={project}",
        headers=(("X-Project", "{project}"),),
        auth=False,
    )
    made = signed(asked, info, ACCOUNT, AT)
    assert made.url == asked.url
    assert find_header(made.headers, "x-project") == "{project}"


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "trace"])
def test_a_method_of_the_connections_is_no_plugins(method: str) -> None:
    """Who answers a TRACE tells the key back."""
    with pytest.raises(PluginError, match="is no method"):
        signed(Request(method=method, url=f"{API}/x"), INFO, ACCOUNT, AT)


def test_a_setting_makes_no_header_of_the_cores() -> None:
    """A name is no place for a hole."""
    info = evolve(INFO, settings={"name": "Authorization"})
    with pytest.raises(PluginError, match="no name of a header"):
        signed(Request.get(f"{API}/x", headers=(("{name}", "x"),)), info, ACCOUNT, AT)


def test_a_header_that_is_given_twice_is_refused() -> None:
    """Servers do not agree which of them counts."""
    with pytest.raises(PluginError, match="'x-a': it is there twice"):
        sent(headers=(("X-A", "1"), ("x-a", "2")))


@pytest.mark.parametrize(
    "value", ["", " a", "a ", "a\r\nX: y", "a\tb", "\u00e4", "\x7f", "a\x00", 7, None, b"a"]
)
def test_a_value_that_is_no_printable_ascii_is_refused_unshown(value: object) -> None:
    """Libraries and servers read anything else each in their own way."""
    with pytest.raises(PluginError, match="'X-A': its value is no printable ASCII text"):
        sent(headers=(("X-A", value),))


PARTS = (
    Part(name="prompt", data="a \U0001f43c\r\n--".encode()),
    Part(name="assets", data=PNG, filename='a"b\r\n.png', media_type="image/png"),
    Part(name="assets", data=b"\r\n", filename="\u00e4.png", media_type="image/png"),
    Part(name="empty", data=b""),
)


def test_a_form_is_multipart_as_its_rfc_has_it() -> None:
    """Another reader finds the same parts, in order, byte for byte."""
    request = sent(body=MultipartBody(parts=PARTS))
    kind = find_header(request.headers, "content-type") or ""
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    read = list(BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts())
    assert [part.get_payload(decode=True) for part in read] == [part.data for part in PARTS]
    heads = [part.get_params(header="content-disposition", unquote=True) for part in read]
    assert [dict(head)["name"] for head in heads] == [part.name for part in PARTS]
    assert b'filename="a%22b%0D%0A.png"' in request.body
    assert 'filename="\u00e4.png"'.encode() in request.body
    assert request.body.count(b"Content-Type: image/png\r\n") == 2
    assert find_header(request.headers, "content-length") == str(len(request.body))


def test_the_same_form_has_the_same_bytes_and_another_form_another_boundary() -> None:
    """The boundary is drawn from the content, which cannot hold it."""
    first, same = (sent(body=MultipartBody(parts=PARTS)) for _ in range(2))
    other = sent(body=MultipartBody(parts=PARTS[:1]))
    assert first == same
    assert find_header(first.headers, "content-type") != find_header(other.headers, "content-type")
