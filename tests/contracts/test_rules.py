"""The rules of a sheet that guard money, keys and truth, each with an edit that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tintype_contracts import FixtureError, Fixtures, load_folder
from tintype_contracts.cli.contracts import command
from tintype_contracts.fixtures.ageing import Age, ages
from tintype_contracts.fixtures.flaws import Flaw
from tintype_contracts.fixtures.kit import serves
from tintype_contracts.fixtures.leaks import cut, leaks

Edit = Callable[..., None]

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
    """The faults at a place that say so, and what to do."""
    return [
        fault
        for fault in faults
        if fault.pointer.startswith(pointer) and words in fault.message and fault.mend
    ]


STORED = "/story/generated/stored"
DONE = '[story.generated.done]\nanswer = "done_answer"'


def header(name: str, value: str) -> tuple[str, str]:
    """An edit that adds a header to an answer."""
    kept = '"status":"queued","kept":true}\''
    return kept, f'{kept}\nheaders = {{"{name}" = "{value}"}}'


def field(name: str, value: str) -> tuple[str, str]:
    """An edit that adds a field to an answer."""
    return '"kept":true}', f'"kept":true,"{name}":"{value}"}}'


# A secret once for each place it could hide in, in either case of letters.
SECRETS: list[tuple[str, tuple[str, str], str]] = [
    ("header of an answer", header("set-COOKIE", "sid=1"), "may carry a key"),
    ("proxy header", header("Proxy-Authorization", "Basic abc"), "may carry a key"),
    ("the auth header", header("X-KEY", "abc"), "may carry a key"),
    ("random header of any name", header("x-trace", HEX_KEY), "/headers/x-trace"),
    ("signed URL", field("u", "https://cdn.acme.test/a?X-Amz-Signature=abc"), "/u: "),
    ("query", field("u", "https://api.acme.test/v1/tasks/1?API_KEY=abc"), "/u: "),
    ("user information", field("u", "https://me:secret@api.acme.test/v1/tasks"), "/u: "),
    ("field of a body", field("Api_Key", "abc"), "/Api_Key: "),
    ("hexadecimal", field("k", HEX_KEY.upper()), "/k: "),
    ("random letters", field("k", MIXED_KEY), "/k: "),
    ("UUID", field("k", UUID_KEY), "/k: "),
    ("web token", field("k", f"got {JWT}"), "/k: "),
    ("AWS", field("k", "akiaIOSFODNN7EXAMPLE"), "/k: "),
    ("issuer's shape", field("k", "SK-PROJ_1234567890abcd"), "/k: "),
    ("beside a placeholder", field("k", f"{{{{id:task}}}}{HEX_KEY}"), "/k: "),
    ("a case", ("{keep = true}", f'{{keep = "{HEX_KEY}"}}'), "/case/"),
]


@pytest.mark.parametrize(
    ("change", "words"), [row[1:] for row in SECRETS], ids=[row[0] for row in SECRETS]
)
def test_a_secret_is_refused_wherever_it_stands(
    folder: Path, edit: Edit, change: tuple[str, str], words: str
) -> None:
    """Headers, URLs, cookies and bodies; what is sent and what comes back; any case."""
    edit(change)
    faults = told(folder)
    wrong = found(faults, STORED, words)
    assert wrong, [str(fault) for fault in faults]
    assert any("real one" in each.message or "may carry" in each.message for each in wrong)


def test_a_secret_in_the_tables_is_refused(folder: Path, edit: Edit) -> None:
    """A reason or a default is text like any other."""
    edit(("No limit is documented.", f"Seen with {HEX_KEY}."))
    assert found(told(folder), "/absent/slow_down", "too random")


def test_a_key_in_an_excerpt_is_refused(folder: Path) -> None:
    """Documents print YOUR_API_KEY; a command that was tried has another one in it."""
    path = folder / "sources" / "poll_curl.txt"
    path.write_text(path.read_text("utf-8") + "# sk-live_0123456789abcdef\n", "utf-8")
    assert "sources/poll_curl.txt" in [fault.file for fault in told(folder)]


@pytest.mark.parametrize(
    "change",
    [
        ("[groups]", f'"{UUID_KEY}" = "acme-1"\n[groups]'),
        ("[low high] @acme-2", f"[low {UUID_KEY}] @acme-2"),
    ],
    ids=["a model", "a word of a field"],
)
def test_an_id_that_the_tables_name_is_no_secret(
    folder: Path, edit: Edit, change: tuple[str, str]
) -> None:
    """Some providers' models and styles are UUIDs."""
    told = ('"kept":true}', f'"kept":"{UUID_KEY}"}}')
    edit(("[routes]", "[models]\n[groups]\n[routes]"), change, told)
    assert load_folder(folder)


def test_an_id_that_an_excerpt_prints_is_no_secret(folder: Path) -> None:
    """A UUID in a member that is named for an identity; a key beside it is found all the same."""
    printed = folder / "sources" / "done_answer.txt"
    whole = printed.read_text("utf-8").rstrip().removesuffix("}")
    printed.write_text(f'{whole},"styleUUIDs":["{UUID_KEY}"]}}', "utf-8")
    assert load_folder(folder)
    printed.write_text(f'{whole},\n"styleId":"sk-{UUID_KEY}"}}', "utf-8")
    assert "has the shape of a key" in str(told(folder)[0])


def test_a_secret_is_told_once_with_the_line_that_prints_it(folder: Path) -> None:
    """However many exchanges follow from an excerpt, it is one mistake."""
    printed = folder / "sources" / "create_answer.txt"
    whole = printed.read_text("utf-8").rstrip().removesuffix("}")
    printed.write_text(f'{whole},\n"trace":"{UUID_KEY}"}}', "utf-8")
    [fault] = [fault for fault in told(folder) if "too random" in fault.message]
    assert (fault.file, fault.line) == ("sources/create_answer.txt", whole.count("\n") + 2)


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
    [leak] = leaks({"a": [{"b": HEX_KEY}]})
    assert leak.pointer == "/a/0/b"
    assert HEX_KEY not in str(leak)


def test_what_is_cut_out_of_a_text_is_the_key_alone() -> None:
    """The rest of a message stays readable."""
    text = "401 for Bearer 0123456789abcdef0 at https://a.test/x?key=abc&n=1"
    assert cut(text) == "401 for <redacted> at https://a.test/x?key=<redacted>&n=1"


# Each rule once: how it is broken, where that is told, and in what words.
BREAKS: list[tuple[str, tuple[str, str], str, str]] = [
    ("encoding stored", header("Content-Encoding", "gzip"), STORED, "one transfer"),
    ("length stored", header("content-length", "12"), STORED, "one transfer"),
    ("boundary stored", header("content-type", "multipart/form-data; Boundary=x"), STORED, "bound"),
    ("misspelt placeholder", field("k", "{{ image:url }}"), STORED, "is none"),
    ("unknown placeholder", field("k", "{{image:colour}}"), STORED, "image:colour"),
    ("the key elsewhere", field("k", "{{secret:api_key}}"), STORED, "outside the auth header"),
    ("two submissions", ('"create drawing done"', '"create create done"'), "/story", "overlap"),
    ("a lost exchange", ('"stored drawing', '"restored drawing'), "/story/generated", "restored"),
    ("an empty scene", ('asked = "price"', 'asked = ""'), "/story/priced/scenes/asked", "no scene"),
    ("kit of the future", ('api = "v1"', 'kit = ">=2,<3"'), "/kit", "written for the kit"),
    ("no kit", ('api = "v1"', 'kit = "newest"'), "/kit", "no range"),
    ("no such day", ("read = 2026-11-20", 'read = "2026-02-30"'), "", "no day"),
    ("validated on no day", ('api = "v1"', 'live = "2026-13-01"'), "/live", "no day"),
    (
        "verbatim of nowhere",
        ("kept_seconds = 3600", 'kept_seconds = 3600\nfrom = "said verbatim"'),
        "/results",
        "neither a URL nor",
    ),
    ("inferred without why", ("[results]", '[results]\nfrom = "inferred"'), "/results", "say why"),
    ("an exchange likewise", (DONE, f'{DONE}\nfrom = "inferred"'), "/story/generated/done", "why"),
    ("no field", ("[results]", '[results]\ncolour = "red"'), "/results/colour", "no meaning"),
    ("another type", ("= 3600", '= "3600"'), "/results/kept_seconds", "a whole number"),
    ("too little", ("= 3600", "= 0"), "/results", "must be >= 1"),
    ("a list", ("retries = [1, 2]", "retries = 1"), "/webhooks/retries", "a list"),
    ("true or false", ("exhaustive = true", "exhaustive = 1"), "/states/exhaustive", "true or"),
    ("no such word", ('"accepted"', '"later"'), "/billing/charged", "one of accepted, delivered"),
    ("no origin", ("https://api.acme.test", "api.acme.test"), "/hosts", "no place"),
    ("no name", ('provider = "acme"', 'provider = "A B"'), "/provider", "no name"),
    ("no case", ('prompt = "a hat', 'promt = "a hat'), "/story/generated_from", "promt"),
    ("an odd case", ("keep = true}}}", "keep = true}}, n = 0"), "", "n"),
    ("an odd status", ("status = 402", "status = 42"), "/story/no_credit/create", "no HTTP status"),
    ("no field of a task", ('{low = "0.08"}', '{lwo = "0.08"}'), "/story/priced", "'lwo'"),
    ("an odd name", ("[story.models.list]", '[story.models."a b"]'), "/story/models", "exchange"),
    ("no words", ("[512 1K 2K]", "[]"), "/fields", "allows nothing"),
    ("no models", ("[low high] @acme-2", "[low high] @"), "/fields", "names no model"),
    ("no pattern", (r"~\d+:\d+", "~("), "/fields", "regular expression"),
    (
        "no route",
        ("[states]", '[fields.upload]\n"/x" = "- string"\n\n[states]'),
        "/fields",
        "upload",
    ),
    ("an undocumented callback", ('field = "/hook"', 'field = "/lost"'), "/webhooks", "/lost"),
    ("no pointer", ("[states]", "[request]\nx = 1\n\n[states]"), "/request/x", "no field"),
    ("no excerpt", ('= "upload_curl"\ncase', "= [1]\ncase"), "/story", "no excerpt"),
    ("nothing to unset", (DONE, f'{DONE}\nunset = ["x"]'), "/story/generated/done", "no pointer"),
    ("another host", ('"https://api.acme.test"', '"https://b.test"'), "/story", "api.acme.test"),
    ("another route", ("/v1/images json", "/v2/images json"), "/story", "No route of submit"),
]


@pytest.mark.parametrize(
    ("change", "pointer", "words"), [row[1:] for row in BREAKS], ids=[row[0] for row in BREAKS]
)
def test_a_broken_rule_is_told_with_its_place(
    folder: Path, edit: Edit, change: tuple[str, str], pointer: str, words: str
) -> None:
    """The error names the file, the place in it and what is wrong."""
    edit(("[routes]", 'said = "Said"\n\n[routes]'), change)
    faults = told(folder)
    wrong = [fault for fault in found(faults, pointer, words) if fault.file == "sheet.toml"]
    assert wrong, [str(fault) for fault in faults]


def test_a_printed_answer_is_held_against_its_excerpt(folder: Path, edit: Edit) -> None:
    """What is called verbatim and is not printed so is told."""
    text = '{"id":"{{id:task}}","status":"waiting"}'
    create = 'request = "create_curl"\nanswer = "create_answer"'
    edit((create, f'request = "create_curl"\nanswer = \'{text}\'\nfrom = "create_answer verbatim"'))
    assert found(told(folder), "/story/generated/create", "'waiting'")


def test_a_refused_submission_may_be_tried_again(folder: Path, edit: Edit) -> None:
    """What was refused cost nothing: the same request may follow."""
    scene = '[story.bad_key.scenes]\nagain = "create generated/create"\n\n'
    edit(("[story.no_credit", f"{scene}[story.no_credit"))
    assert load_folder(folder).scene("bad_key", "again")


def test_a_price_is_read_as_the_decimal_it_is(acme: Fixtures) -> None:
    """Money keeps its digits."""
    assert str(acme.prices[0].usd) == "0.080"


# ------------------------------------------------------------------------------ ages


def _old(folder: Path, edit: Edit, day: str, source: str) -> Fixtures:
    name = "https://docs.acme.test/images Acme: images" if source == "page" else "page: create_curl"
    edit((f'{source} = "{name}"', f'{source} = ["{name}", {day}]'))
    return load_folder(folder)


@pytest.mark.parametrize(
    ("read", "source", "today", "severity"),
    [
        ("2026-01-01", "create_curl", date(2026, 6, 30), None),
        ("2026-01-01", "create_curl", date(2026, 7, 1), "warning"),
        ("2025-01-01", "create_curl", date(2026, 1, 2), "error"),
        ("2026-01-01", "page", date(2026, 4, 2), "warning"),
    ],
)
def test_a_source_grows_old(
    folder: Path, edit: Edit, read: str, source: str, today: date, severity: str | None
) -> None:
    """180 days are the limit, and a year; prices are on a clock of 90."""
    old = {age.source: age.severity for age in ages(_old(folder, edit, read, source), today)}
    assert old.get(source) == severity


def test_an_age_is_told_with_its_place(folder: Path, edit: Edit) -> None:
    """How many days it is, and where the day stands."""
    fixtures = _old(folder, edit, "2025-01-01", "create_curl")
    [age] = [age for age in ages(fixtures, date(2026, 1, 2)) if age.source == "create_curl"]
    assert age == Age(source="create_curl", days=366, severity="error")
    assert age.fault().pointer == "/sources/create_curl"


def test_ages_need_no_clock(acme: Fixtures) -> None:
    """On the day it was read nothing is old, whatever the wall clock says."""
    assert list(ages(acme, date(2026, 11, 20))) == []


@pytest.mark.parametrize(
    ("wanted", "fits"), [(">=1,<2", True), (">=2", False), ("==1.*", True), ("soon", None)]
)
def test_a_set_says_which_kit_it_was_written_for(wanted: str, *, fits: bool | None) -> None:
    """A range of versions, as pip understands them."""
    assert serves(wanted, "1.4.0") is fits


def test_lint_tells_what_is_old_and_fails_on_it_when_told_to(folder: Path, edit: Edit) -> None:
    """A warning on the day that is given; with --strict more than a year is a fault."""
    _old(folder, edit, "2025-01-01", "create_curl")
    plain = CliRunner().invoke(command, ["lint", str(folder), "--today", "2026-11-20"])
    strict = CliRunner().invoke(command, ["lint", str(folder), "--today", "2026-11-20", "--strict"])
    clockless = CliRunner().invoke(command, ["lint", str(folder), "--strict"])
    assert (plain.exit_code, strict.exit_code, clockless.exit_code) == (0, 1, 0)
    assert "/sources/create_curl: It was read 688 days ago" in plain.output


WAIVER = {"check": "a.b", "why": "w", "ref": "r", "until": "2027-01-01"}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("until", "", "It lacks 'until'"),
        ("why", "", "It lacks 'why'"),
        ("ref", "", "It lacks 'ref'"),
        ("check", "state", "'check' must match"),
        ("until", "2027-02-30", "a day, as"),
        ("skip", "x", "'skip' has no meaning"),
    ],
)
def test_a_waiver_says_why_by_whom_and_until_when(
    folder: Path, edit: Edit, key: str, value: str, words: str
) -> None:
    """A waiver that lacks a part, or has one too many, is no waiver."""
    given = {**WAIVER, key: value} if value else {**WAIVER}
    given = given if value else {name: each for name, each in given.items() if name != key}
    lines = "\n".join(f'{name} = "{each}"' for name, each in given.items())
    edit(("[prices]", f"[[waivers]]\n{lines}\n\n[prices]"))
    assert found(told(folder), "/waivers/0", words)
