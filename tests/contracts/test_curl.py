"""curl commands as documents print them."""

from __future__ import annotations

import pytest

from tintype_contracts.fixtures.curl import Curl, CurlError, CurlPart, parse_curl


@pytest.mark.parametrize(
    ("text", "method", "url"),
    [
        ("curl https://a.test/x", "GET", "https://a.test/x"),
        ("curl a.test/x", "GET", "https://a.test/x"),
        ("curl -X DELETE a.test", "DELETE", "https://a.test"),
        ("curl -XPUT a.test", "PUT", "https://a.test"),
        ("curl --request=patch --url http://a.test", "PATCH", "http://a.test"),
        ("curl a.test -d '{}'", "POST", "https://a.test"),
        ("curl a.test -F 'a=b'", "POST", "https://a.test"),
        ("curl -m 30 a.test -o picture.png", "GET", "https://a.test"),
        ("curl -s -L --compressed 'https://a.test/?a=1&b=2'", "GET", "https://a.test/?a=1&b=2"),
        ("curl -o out.png -X GET \\\n  'https://a.test'", "GET", "https://a.test"),
    ],
)
def test_method_and_url(text: str, method: str, url: str) -> None:
    """Without -X, data or a form make it a POST; without a scheme it is https."""
    curl = parse_curl(text)
    assert (curl.method, curl.url) == (method, url)


def test_headers_and_data_over_several_lines() -> None:
    """Continued lines are one command; quotes keep what is in them."""
    curl = parse_curl(
        "curl -X POST https://a.test \\\n"
        '  -H "Authorization: Bearer YOUR KEY" \\ \n'
        "  --header 'Content-Type: application/json' \\\n"
        '  -d \'{\n "a": "it\\u0027s",\n "b": 1.50}\''
    )
    assert curl.headers == (
        ("Authorization", "Bearer YOUR KEY"),
        ("Content-Type", "application/json"),
    )
    assert curl.json == {"a": "it's", "b": pytest.approx(1.5)}


def test_data_from_a_heredoc_may_hold_quotes() -> None:
    """What stands between the marks is taken as it is."""
    curl = parse_curl('curl --url a.test --data @- <<EOF\n{"a": "it\'s"}\nEOF\n')
    assert curl == Curl(method="POST", url="https://a.test", data='{"a": "it\'s"}')


def test_a_form_has_texts_and_files() -> None:
    """Of a file the name is known, without its folder and its type."""
    curl = parse_curl("curl a.test -F 'p=a = b' --form 'f=@in/cat.png;type=image/png'")
    assert curl.form == (CurlPart(name="p", text="a = b"), CurlPart(name="f", filename="cat.png"))


@pytest.mark.parametrize(
    ("text", "words"),
    [("wget a.test", "begin with curl"), ("curl -X POST", "names no URL")],
)
def test_what_cannot_be_read_is_an_error(text: str, words: str) -> None:
    """The error says what is missing."""
    with pytest.raises(CurlError, match=words):
        parse_curl(text)


def test_data_that_is_no_json_is_an_error() -> None:
    """A form-encoded body is not guessed at."""
    with pytest.raises(CurlError, match="not JSON"):
        _ = parse_curl("curl a.test -d a=b").json
