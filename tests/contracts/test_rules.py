"""The rules of a fixture set that guard money, keys and truth, each with a file that breaks it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tintype_contracts import FixtureError, Fixtures, load_folder
from tintype_contracts.commands.contracts import command
from tintype_contracts.fixtures.ageing import Age, ages
from tintype_contracts.fixtures.flaws import Flaw
from tintype_contracts.fixtures.kit import serves
from tintype_contracts.fixtures.leaks import cut, leaks

Edit = Callable[[str, Callable[[dict], object]], None]

HEX_KEY = "9f86d081884c7d659a2feaa0c55ad015"
MIXED_KEY = "Zx9_kQ2-vB7tLm4pRw8s-Yc3nHd6"
UUID_KEY = "3f0c2b1e-9a4d-4c7b-8e21-5d6f7a8b9c0d"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"


def told(folder: Path) -> list[Flaw]:
    """What the loader says is wrong with the folder."""
    with pytest.raises(FixtureError) as caught:
        load_folder(folder)
    return list(caught.value.faults)


def found(faults: list[Flaw], pointer: str, words: str) -> list[Flaw]:
    """The faults at a place that say so."""
    return [
        fault for fault in faults if fault.pointer.startswith(pointer) and words in fault.message
    ]


def _request(story: dict, exchange: str = "drawing") -> dict:
    return story["exchanges"][exchange]["request"]


def _response(story: dict, exchange: str = "drawing") -> dict:
    return story["exchanges"][exchange]["response"]


AT = "/exchanges/drawing"

# A secret once for each place it could hide in, on both sides, in either case of letters.
SECRETS: list[tuple[str, str, Callable[[dict], object], str]] = [
    ("request header", AT, lambda d: _request(d)["headers"].update({"X-KEY": "abc"}), "X-KEY"),
    (
        "response header",
        AT,
        lambda d: _response(d)["headers"].update({"set-COOKIE": "sid=1"}),
        "set-COOKIE",
    ),
    (
        "proxy header",
        AT,
        lambda d: _request(d)["headers"].update({"Proxy-Authorization": "Basic abc"}),
        "Proxy-Authorization",
    ),
    (
        "cookie sent",
        AT,
        lambda d: _request(d)["headers"].update({"cookie": "sid=1"}),
        "cookie",
    ),
    (
        "random header of any name",
        AT,
        lambda d: _response(d)["headers"].update({"x-trace": HEX_KEY}),
        "x-trace",
    ),
    (
        "query",
        AT,
        lambda d: _request(d).update(url="https://api.acme.test/v1/tasks/1?API_KEY=abc"),
        "url",
    ),
    (
        "signed URL in a body",
        AT,
        lambda d: _response(d)["json"].update(u="https://cdn.acme.test/a?X-Amz-Signature=abc"),
        "u",
    ),
    (
        "user information",
        AT,
        lambda d: _request(d).update(url="https://me:secret@api.acme.test/v1/tasks/1"),
        "url",
    ),
    ("field of a body", AT, lambda d: _response(d)["json"].update(Api_Key="abc"), "Api_Key"),
    ("field below", AT, lambda d: _response(d)["json"].update(a=[{"accessToken": "abc"}]), "a"),
    ("hexadecimal", AT, lambda d: _response(d)["json"].update(k=HEX_KEY.upper()), "k"),
    ("random letters", AT, lambda d: _response(d)["json"].update(k=MIXED_KEY), "k"),
    ("UUID", AT, lambda d: _response(d)["json"].update(k=UUID_KEY), "k"),
    ("web token", AT, lambda d: _response(d)["json"].update(k=f"got {JWT}"), "k"),
    ("AWS", AT, lambda d: _response(d)["json"].update(k="akiaIOSFODNN7EXAMPLE"), "k"),
    ("issuer's shape", AT, lambda d: _response(d)["json"].update(k="SK-PROJ_1234567890abcd"), "k"),
    (
        "beside a placeholder",
        AT,
        lambda d: _response(d)["json"].update(k=f"{{{{id:task}}}}{HEX_KEY}"),
        "k",
    ),
    (
        "a case",
        "/exchanges/create/case",
        lambda d: d["exchanges"]["create"]["case"].update(prompt=f"draw {HEX_KEY}"),
        "prompt",
    ),
]


@pytest.mark.parametrize(
    ("at", "by", "last"), [row[1:] for row in SECRETS], ids=[r[0] for r in SECRETS]
)
def test_a_secret_is_refused_wherever_it_stands(
    folder: Path, edit: Edit, at: str, by: Callable[[dict], object], last: str
) -> None:
    """Headers, URLs, cookies and bodies; what is sent and what comes back; any case."""
    edit("generated.json", by)
    faults = told(folder)
    wrong = [
        fault
        for fault in faults
        if fault.pointer.startswith(at) and last in fault.pointer.split("/")
        if "real one" in fault.message or "may carry a key" in fault.message
    ]
    assert wrong, [str(fault) for fault in faults]


def test_a_secret_in_the_tables_is_refused(folder: Path, edit: Edit) -> None:
    """A reason or a default is text like any other."""
    edit("provider.json", lambda d: d["absent"].update(not_json=f"Seen with {HEX_KEY}."))
    assert found(told(folder), "/absent/not_json", "too random")


def test_a_key_in_an_excerpt_is_refused(folder: Path, edit: Edit) -> None:
    """Documents print YOUR_API_KEY; a command that was tried has another one in it."""
    path = folder / "sources" / "poll_curl.txt"
    path.write_text(path.read_text("utf-8") + "# sk-live_0123456789abcdef\n", "utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    edit("provider.json", lambda d: d["sources"]["poll_curl"].update(sha256=digest))
    assert [fault.file for fault in told(folder)] == ["sources/poll_curl.txt"]


@pytest.mark.parametrize(
    "text",
    [
        "doubao-seedream-4-5-251128",
        "https://docs.acme.test/api-reference/images/generations",
        "black-forest-labs/flux-2-pro-preview-20261101",
        "{{id:task}}",
        "Bearer {{secret:api_key}}",
        "The quick brown fox jumps over 2 lazy dogs.",
        "image/png",
        "2026-11-20T00:00:00.000Z",
        "1763596800000",
    ],
)
def test_what_documents_print_is_no_secret(text: str) -> None:
    """Model ids, addresses, times and sentences pass."""
    assert list(leaks({"value": text})) == []


def test_the_place_of_a_secret_is_told_and_not_the_secret() -> None:
    """A report about a leak does not leak."""
    [(pointer, sign)] = leaks({"a": [{"b": HEX_KEY}]})
    assert pointer == "/a/0/b"
    assert HEX_KEY not in sign


def test_what_is_cut_out_of_a_text_is_the_key_alone() -> None:
    """The rest of a message stays readable."""
    text = "401 for Bearer 0123456789abcdef0 at https://a.test/x?key=abc&n=1"
    assert cut(text) == "401 for <redacted> at https://a.test/x?key=<redacted>&n=1"


BREAKS: list[tuple[str, str, Callable[[dict], object], str, str]] = [
    (
        "encoding stored",
        "generated.json",
        lambda d: _response(d)["headers"].update({"Content-Encoding": "gzip"}),
        f"{AT}/response/headers/Content-Encoding",
        "one transfer",
    ),
    (
        "length stored",
        "generated.json",
        lambda d: _response(d)["headers"].update({"content-length": "12"}),
        f"{AT}/response/headers/content-length",
        "one transfer",
    ),
    (
        "boundary stored",
        "generated_from_references.json",
        lambda d: _request(d, "edit")["headers"].update(
            {"content-type": "multipart/form-data; Boundary=x"}
        ),
        "/exchanges/edit/request/headers/content-type",
        "boundary",
    ),
    (
        "no base64",
        "generated.json",
        lambda d: (_response(d).pop("json"), _response(d).update(base64="%%")),
        f"{AT}/response/base64",
        "not base64",
    ),
    (
        "misspelt placeholder",
        "generated.json",
        lambda d: _response(d)["json"].update(k="{{ image:url }}"),
        f"{AT}/response/json/k",
        "is none",
    ),
    (
        "event with two kinds of data",
        "streamed.json",
        lambda d: next(iter(d["exchanges"].values()))["response"]["events"][0].update(
            json={}, text=""
        ),
        "/exchanges",
        "two kinds",
    ),
    (
        "two submissions in one scene",
        "generated.json",
        lambda d: d["scenes"].update(twice=["create", "create", "done"]),
        "/scenes/twice",
        "overlap",
    ),
    (
        "kit of the future",
        "provider.json",
        lambda d: d.update(kit=">=2,<3"),
        "/kit",
        "written for the kit",
    ),
    ("no kit", "provider.json", lambda d: d.update(kit="newest"), "/kit", "no range"),
    (
        "no such day",
        "provider.json",
        lambda d: d["sources"]["page"].update(retrieved="2026-02-30"),
        "/sources/page/retrieved",
        "no day",
    ),
    (
        "validated on no day",
        "provider.json",
        lambda d: d["validated"].update(live="2026-13-01"),
        "/validated/live",
        "no day",
    ),
    (
        "verbatim of nowhere",
        "provider.json",
        lambda d: (
            d["sources"].update(said={"title": "Said", "retrieved": "2026-11-20"}),
            d["billing"].update(src="said", kind="verbatim"),
        ),
        "/sources/said",
        "neither a URL nor",
    ),
    (
        "verbatim with an answer that nobody prints",
        "generated.json",
        lambda d: d["exchanges"]["create"].update(kind="verbatim", inferred=["/response"]),
        "/exchanges/create/kind",
        "the whole of its response is inferred",
    ),
    (
        "verbatim with a body that nobody prints",
        "generated.json",
        lambda d: d["exchanges"]["create"].update(kind="verbatim", inferred=["/request/json"]),
        "/exchanges/create/kind",
        "the whole of its request is inferred",
    ),
    (
        "a table with a row of an unknown kind",
        "provider.json",
        lambda d: d["prices"][0].update(kind="rumoured"),
        "/prices/0/kind",
        "rumoured",
    ),
    (
        "a row without a kind",
        "provider.json",
        lambda d: d["errors"][0].pop("kind"),
        "/errors/0",
        "kind",
    ),
    ("a row without a source", "provider.json", lambda d: d["states"].pop("src"), "/states", "src"),
    (
        "an excerpt without its digest",
        "provider.json",
        lambda d: d["sources"]["create_curl"].pop("sha256"),
        "/sources/create_curl",
        "sha256",
    ),
]


@pytest.mark.parametrize(
    ("file", "by", "pointer", "words"), [row[1:] for row in BREAKS], ids=[row[0] for row in BREAKS]
)
def test_a_broken_rule_is_told_with_its_place(
    folder: Path, edit: Edit, file: str, by: Callable[[dict], object], pointer: str, words: str
) -> None:
    """The error names the file, the place in it and what is wrong."""
    edit(file, by)
    faults = told(folder)
    wrong = [fault for fault in found(faults, pointer, words) if fault.file == file and fault.mend]
    assert wrong, [str(fault) for fault in faults]


def test_a_refused_submission_may_be_tried_again(folder: Path, edit: Edit) -> None:
    """What was refused cost nothing: the same request may follow."""
    edit("bad_key.json", lambda d: d["scenes"].update(again=["create", "generated/create"]))
    assert load_folder(folder).scene("bad_key", "again")


def test_a_number_that_json_does_not_know_is_refused(folder: Path) -> None:
    """Python reads NaN; no other reader does."""
    path = folder / "generated.json"
    path.write_text(path.read_text("utf-8").replace('"n": 2', '"n": NaN', 1), "utf-8")
    assert "NaN" in told(folder)[0].message


def test_a_price_is_read_as_the_decimal_it_is(acme: Fixtures) -> None:
    """Money keeps its digits."""
    assert str(acme.prices[0].usd) == "0.080"


# ------------------------------------------------------------------------------ ages


def _read_on(folder: Path, day: str, source: str = "create_curl") -> Fixtures:
    path = folder / "provider.json"
    tables = json.loads(path.read_text("utf-8"))
    tables["sources"][source]["retrieved"] = day
    path.write_text(json.dumps(tables), "utf-8")
    return load_folder(folder)


def test_a_source_of_180_days_is_not_old(folder: Path) -> None:
    """The limit itself is within; the day after is worth a warning."""
    fixtures = _read_on(folder, "2026-01-01")
    assert "create_curl" not in {age.source for age in ages(fixtures, date(2026, 6, 30))}
    old = {age.source: age.severity for age in ages(fixtures, date(2026, 7, 1))}
    assert old["create_curl"] == "warning"


def test_a_source_of_more_than_a_year_is_an_error(folder: Path) -> None:
    """366 days are too many."""
    fixtures = _read_on(folder, "2025-01-01")
    [age] = [age for age in ages(fixtures, date(2026, 1, 2)) if age.source == "create_curl"]
    assert age == Age(source="create_curl", days=366, severity="error")
    assert age.fault().pointer == "/sources/create_curl"


def test_a_price_grows_old_sooner(folder: Path) -> None:
    """Prices are on a clock of 90 days."""
    fixtures = _read_on(folder, "2026-01-01", "page")
    [age] = [age for age in ages(fixtures, date(2026, 4, 2)) if age.source == "page"]
    assert age.prices
    assert "more than 90" in age.fault().message


def test_ages_need_no_clock(acme: Fixtures) -> None:
    """On the day it was read nothing is old, whatever the wall clock says."""
    assert list(ages(acme, date(2026, 11, 20))) == []


@pytest.mark.parametrize(
    ("wanted", "fits"), [(">=1,<2", True), (">=2", False), ("==1.*", True), ("soon", None)]
)
def test_a_set_says_which_kit_it_was_written_for(wanted: str, *, fits: bool | None) -> None:
    """A range of versions, as pip understands them."""
    assert serves(wanted, "1.4.0") is fits


def test_lint_tells_what_is_old_and_fails_on_it_when_told_to(folder: Path) -> None:
    """A warning on the day that is given; with --strict more than a year is a fault."""
    _read_on(folder, "2025-01-01")
    CliRunner().invoke(command, ["lint", "--fix", str(folder)])
    plain = CliRunner().invoke(command, ["lint", str(folder), "--today", "2026-11-20"])
    strict = CliRunner().invoke(command, ["lint", str(folder), "--today", "2026-11-20", "--strict"])
    clockless = CliRunner().invoke(command, ["lint", str(folder), "--strict"])
    assert (plain.exit_code, strict.exit_code, clockless.exit_code) == (0, 1, 0)
    assert "/sources/create_curl: It was read 688 days ago" in plain.output


@pytest.mark.parametrize(
    ("waiver", "words"),
    [
        ({"check": "state.x", "why": "w", "ref": "r"}, "'until' is a required property"),
        ({"check": "state.x", "ref": "r", "until": "2027-01-01"}, "'why'"),
        ({"check": "state.x", "why": "w", "until": "2027-01-01"}, "'ref'"),
        ({"check": "state", "why": "w", "ref": "r", "until": "2027-01-01"}, "does not match"),
        ({"check": "a.b", "why": "w", "ref": "r", "until": "2027-02-30"}, "no day"),
        (
            {"check": "a.b", "why": "w", "ref": "r", "until": "2027-01-01", "skip": True},
            "'skip' was unexpected",
        ),
    ],
)
def test_a_waiver_says_why_by_whom_and_until_when(
    folder: Path, edit: Edit, waiver: dict, words: str
) -> None:
    """A waiver that lacks a part, or has one too many, is no waiver."""
    edit("provider.json", lambda d: d.update(waivers=[waiver]))
    assert found(told(folder), "/waivers/0", words)
