"""The `tintype` command as a shell sees it: stdout, stderr, exit code, files."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import attrs
import click
import pytest
import urllib3
from click.testing import CliRunner
from tests.core.conftest import KEY
from tests.core.loopback import Fault, Loopback, answer, said
from tests.core.pictures import PNG, drawn, in_base64
from tests.core.terminal import Terminal

from tintype import Client, ImageRequest, Offer, Quote, Reference, Task, TaskState, from_json
from tintype._cli import cli
from tintype._cli.display import offer_row
from tintype._cli.generate import command as generate
from tintype._cli.requests import request_from
from tintype._keys.variables import variable
from tintype.errors import Outcome, UsageError
from tintype.journal._sql import SqlJournal
from tintype_contracts import installed

PROVIDERS = installed()
SCRIPT = Path(sys.executable).parent / "tintype"
PROMPT = "a red panda"

Done: TypeAlias = subprocess.CompletedProcess[str]
Run: TypeAlias = Callable[..., Done]
MODEL = ("-m", "seedream-4.5")
DRAW = ("generate", PROMPT, "-p", "apiyi", *MODEL)
CHEAPAI = ("generate", PROMPT, "-p", "cheapai", "-o", "out")
SUBMIT = "POST /v1/images/generations"


@pytest.fixture
def tintype(environ: dict[str, str], tmp_path: Path) -> Run:
    """Runs the command; whatever it is asked, it shows neither a key nor a traceback."""

    def run(*arguments: str, without: Sequence[str] = ()) -> Done:
        clean = {name: value for name, value in environ.items() if name not in without}
        done = subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, *arguments],
            env=clean,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        shown = done.stdout + done.stderr
        assert KEY not in shown
        assert "Traceback" not in shown
        assert "\x1b" not in shown
        return done

    return run


def is_a_sentence(text: str) -> bool:
    """Whether stderr is one line that says who speaks and what is wrong."""
    return text.startswith("tintype: ") and text.count("\n") == 1 and text.endswith("\n")


def picture(*urls: str) -> bytes:
    """APIYI's answer with these images."""
    return said({"data": [{"url": url} for url in urls], "usage": {"generated_images": len(urls)}})


# -------------------------------------------------------------------------- help


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("-h",),
        ("providers", "-h"),
        ("models", "--help"),
        ("quote", "-h"),
        ("generate", "--help"),
    ],
)
def test_help_is_on_stdout(arguments: tuple[str, ...]) -> None:
    """And is a success."""
    done = CliRunner().invoke(cli, arguments, prog_name="tintype")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: tintype")


def test_a_mistyped_command_is_told_which_is_near(tintype: Run) -> None:
    """As a provider and a model are."""
    done = tintype("genrate", PROMPT)
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such command 'genrate'. Did you mean 'generate'?" in done.stderr


def test_the_commands_are_listed(tintype: Run) -> None:
    """With a line each."""
    listed = tintype("--help").stdout
    for name in ("providers", "models", "quote", "generate"):
        assert f"\n  {name}" in listed


def test_the_version_is_told(tintype: Run) -> None:
    """As the distribution has it."""
    done = tintype("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("tintype, version ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("--nonsense",),
        ("quote", PROMPT, "--seed", "many"),
        ("generate", PROMPT),
        ("generate", PROMPT, "-p", "apiyi", "-n", "many"),
        ("generate", PROMPT, "-p", "apiyi", "--option", "no-sign"),
        ("generate", PROMPT, "-p", "apiyi", "--option", "=x"),
        ("generate", PROMPT, "-p", "apiyi", "--max-cost", "cheap"),
        ("generate", PROMPT, "-p", "apiyi", "--max-cost", "-1"),
        ("generate", PROMPT, "-p", "apiyi", "--max-cost", "nan"),
        ("models", "--live"),
    ],
)
def test_a_command_that_cannot_be_read_is_misuse(
    server: Loopback, environ: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """Exit code 2, the usage on stderr, nothing sent."""
    done = CliRunner().invoke(cli, arguments, env=environ)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Error: " in done.stderr
    assert server.accepted == 0


# -------------------------------------------------------------------------- listings


def test_providers_are_listed(tintype: Run) -> None:
    """A row each, and whether a key is set."""
    done = tintype("providers")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert set(PROVIDERS) <= set(rows)
    assert " set " in rows["apiyi"]
    assert " set " not in rows["apiin"]


def test_providers_are_listed_as_json(tintype: Run) -> None:
    """Objects with the field names of the model."""
    rows = json.loads(tintype("providers", "--json").stdout)
    assert [row["name"] for row in rows] == sorted(PROVIDERS)
    assert {"title", "homepage", "origins", "models", "auth", "key"} <= set(rows[0])
    assert {row["name"] for row in rows if row["key"]} == {"apiyi", "cheapai"}


def test_what_a_provider_offers_is_told(tintype: Run) -> None:
    """A heading a line, or an object; of a provider that nobody has, who is there."""
    done = tintype("providers", "fal")
    assert (done.returncode, done.stderr) == (0, "")
    rows = dict(
        re.split(r" {2,}", line.strip(), maxsplit=1) for line in done.stdout.splitlines()[3:-1]
    )
    assert rows["webhooks"] == "signed, Ed25519"
    assert rows["results kept"] == "7 days"
    assert json.loads(tintype("providers", "fal", "--json").stdout) == [{"name": "fal", **rows}]
    assert "Installed: " in tintype("providers", "nobody").stderr


def test_models_are_listed(tintype: Run) -> None:
    """Of one provider, or of all; ids are not cut."""
    done = tintype("models", "-p", "apiyi")
    assert (done.returncode, done.stderr) == (0, "")
    assert "seedream-4-5-251128" in done.stdout
    assert "bytedance-seedream-4.5" not in done.stdout
    assert "bytedance-seedream-4.5" in tintype("models").stdout


def test_models_are_listed_as_json(tintype: Run) -> None:
    """Money as text, limits by field."""
    rows = json.loads(tintype("models", "-p", "apiyi", "-p", "apiin", "--json").stdout)
    assert {row["provider"] for row in rows} == {"apiyi", "apiin"}
    first = next(row for row in rows if row["id"] == "seedream-4-5-251128")
    assert {"name", "parameters", "max_n", "prices", "references"} <= set(first)
    assert Decimal(first["prices"][0]["usd"]) == Decimal("0.04")


def test_a_model_is_told_at_all_who_have_it(tintype: Run) -> None:
    """What it costs there, and who takes what; of a slip, the near ones."""
    told = tintype("models", "seedream-4.5").stdout
    assert re.search(r"apiyi +seedream-4-5-251128 +\$0.04/image", told)
    assert re.search(r"resolution +2K, 4K +apiyi, ark, cheapai", told)
    assert "references" in told
    rows = json.loads(tintype("models", "seedream-4.5", "--json").stdout)
    assert {row["provider"] for row in rows} >= {"apiin", "apiyi", "ark", "openrouter"}
    old = tintype("models", "imagen-4.0-generate-001", "-p", "google").stdout
    assert re.search(r" 2026-08-17 +gemini-3.1-flash-image ", old)
    done = tintype("models", "seedream-4,5")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'seedream-4.5'" in done.stderr


def test_a_mistyped_model_is_priced_and_drawn_by_nobody(tintype: Run, server: Loopback) -> None:
    """Unless somebody says that it is meant, or the provider serves more than it lists."""
    asked = ("-p", "apiyi", "-m", "seedream-4,5")
    for command in ("quote", "generate"):
        done = tintype(command, PROMPT, *asked)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Did you mean 'seedream-4.5'" in done.stderr
    told = tintype("quote", PROMPT, *asked, "--model-unlisted", "-p", "fal").stdout
    for name in ("apiyi", "fal"):
        assert f"{name}: seedream-4,5 is not in the catalog: it is sent as it is" in told
    assert server.accepted == 0


def test_models_can_be_asked_for(tintype: Run, server: Loopback) -> None:
    """With --live the provider itself is asked."""
    listed = {"model_id": "bytedance-seedream-4.5", "max_generations": 3}
    server.on("GET /v1i/models", said({"success": True, "models": [listed]}))
    rows = json.loads(tintype("models", "--live", "-p", "cheapai", "--json").stdout)
    assert [row["max_n"] for row in rows] == [3]


# -------------------------------------------------------------------------- prices

FIELDS = {
    *("provider", "model", "kind", "credits", "usd", "usd_low", "usd_high"),
    *("source", "as_of", "assumptions", "name", "size", "resolved", "notices"),
}


def test_a_price_is_quoted(tintype: Run, server: Loopback) -> None:
    """Without -p by everyone who has a key, for people to read."""
    server.on("POST /v1i/task/price", said({"success": True, "credits": 1188}))
    done = tintype("quote", PROMPT, *MODEL)
    assert (done.returncode, done.stderr) == (0, "")
    assert "$0.04" in done.stdout
    assert "1188" in done.stdout
    assert "apiin" not in done.stdout


def test_a_price_is_quoted_as_json(tintype: Run, server: Loopback) -> None:
    """Amounts are decimal text or null; who cannot tell a price says why."""
    server.on("POST /v1i/task/price", said({"error": "Invalid API key"}, status=401))
    done = tintype("quote", PROMPT, *MODEL, "--json")
    rows = {row["provider"]: row for row in json.loads(done.stdout)}
    assert set(rows) == {"apiyi", "cheapai"}
    assert all(set(row) >= FIELDS for row in rows.values())
    assert rows["apiyi"]["kind"] == "exact"
    assert Decimal(rows["apiyi"]["usd"]) == Decimal("0.04")
    assert (rows["cheapai"]["kind"], rows["cheapai"]["usd"]) == ("unknown", None)
    assert "Invalid API key" in rows["cheapai"]["reason"]


def test_a_documented_price_needs_no_key(tintype: Run, server: Loopback) -> None:
    """Nothing is sent, so nobody has to be known."""
    done = tintype("quote", PROMPT, "-p", "apiin", "--json", without=("APIYI_API_KEY",))
    assert done.returncode == 0
    assert json.loads(done.stdout)[0]["credits"] == "12"
    assert server.accepted == 0


def test_without_any_key_it_is_said_which_to_set(tintype: Run) -> None:
    """One sentence that names them all, but for who needs none."""
    done = tintype("quote", PROMPT, without=("APIYI_API_KEY", "CHEAPAI_API_KEY"))
    assert (done.returncode, done.stdout) == (2, "")
    assert is_a_sentence(done.stderr)
    with Client(journal="off") as client:
        infos = client.providers
    named = {info.name for info in infos if variable(info, info.auth.needs[0]) in done.stderr}
    assert named == {info.name for info in infos if not info.auth.optional}


def test_several_providers_are_quoted_whatever_one_of_them_cannot(tintype: Run) -> None:
    """Who cannot draw it says why, and comes last; only where nobody can it is a failure."""
    size = ("--size", "2048x2048", "--size-policy", "exact")
    asked = ("quote", PROMPT, *MODEL, *size, "-p", "apiin", "-p")
    done = tintype(*asked, "apiyi", "--json")
    assert done.returncode == 0
    apiyi, apiin = json.loads(done.stdout)
    assert (apiyi["usd"], apiyi["size"], apiyi["name"]) == ("0.04", "2048x2048", "seedream-4.5")
    assert "no size" in apiin["reason"]
    done = tintype(*asked, "cheapai")
    assert done.returncode == 2
    assert done.stdout.count("no offer") == 2


def test_two_models_are_told_from_one(tintype: Run) -> None:
    """Without -m each draws with its own; what is changed, and who says the price, is below."""
    told = tintype("quote", PROMPT, "-p", "apiyi", "-p", "ark", "--aspect-ratio", "16:9").stdout
    assert "These are different models: seedream-5.0 (apiyi); seedream-4.5 (ark)." in told
    assert "ark: 16:9 at 2K is sent as size=2560x1440." in told
    told = tintype("quote", PROMPT, *MODEL, "-p", "apiyi", "-p", "ark").stdout
    assert "different" not in told
    assert "ark: seedream-4-5-251128, priced by https://docs.byteplus.com/" in told


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize(
    ("arguments", "whole"),
    [
        (("models",), "fal-ai/bytedance/seedream/v4/text-to-image"),
        (("models", "seedream-4.5"), "seedream/4.5-text-to-image"),
        (("models", "flux-1-schnell"), "black-forest-labs/FLUX.1-schnell"),
        (("providers",), "https://dashboard.bfl.ai/get-started"),
        (("providers", "apiyi"), "APIYI_API_KEY"),
        (("quote", PROMPT, "-p", "apiin", "-p", "comfyui"), "v1-5-pruned-emaonly.safetensors"),
    ],
)
def test_a_table_fits_a_terminal_and_its_ids_are_whole(
    environ: dict[str, str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    whole: str,
    columns: int,
) -> None:
    """Where its columns have no room beside one another, a row is some lines."""
    terminal = Terminal.of(arguments, environ, tmp_path, columns=columns)
    assert terminal.end() == 0, terminal.shown
    lines = re.sub(rb"\x1b\[[0-9;]*m", b"", terminal.shown).decode().splitlines()
    rows = [line.rstrip() for line in lines if not re.match(r"  \w+.*: ", line)]  # no remarks
    assert any(whole in line for line in rows)
    assert max(map(len, rows)) <= columns


def test_an_id_that_is_wider_than_the_terminal_is_whole(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """It is copied and pasted: wider than the terminal is better than broken."""
    model = f"{'very-' * 14}long-model"
    asked = ("quote", PROMPT, "-p", "openrouter", "-p", "apimodels", "-m", model)
    terminal = Terminal.of(asked, environ, tmp_path, columns=40)
    terminal.end()
    assert terminal.shown.decode().count(model) >= len(("openrouter", "apimodels"))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.029700", "0.0297"),
        ("0.120", "0.12"),
        ("1E+2", "100"),
        ("0.00", "0"),
        ("1E-7", "0.0000001"),
    ],
)
def test_an_amount_is_plain_decimal_text(amount: str, text: str) -> None:
    """No zeros at its end, and no exponent."""
    quote = Quote(provider="acme", model="oil-1", low=Decimal(amount), high=Decimal(amount))
    assert offer_row(Offer(provider="acme", quote=quote))["usd_low"] == text


def test_a_typo_is_answered_with_the_nearest_name(tintype: Run) -> None:
    """And with no package to install."""
    for arguments in (("generate", PROMPT, "-p", "apiyy"), ("models", "-p", "apiyy")):
        done = tintype(*arguments)
        assert done.returncode == 2
        assert "Did you mean 'apiyi'?" in done.stderr
        assert "pip" not in done.stderr


# -------------------------------------------------------------------------- pictures


def test_a_task_is_not_submitted_over_its_limit(
    tintype: Run, server: Loopback, tmp_path: Path
) -> None:
    """--max-cost and the folder count with --no-wait, too."""
    done = tintype(*DRAW, "--no-wait", "--max-cost", "0.039")
    assert done.returncode == 2
    assert "max_cost=0.039" in done.stderr
    (tmp_path / "file").write_bytes(b"")
    assert tintype(*DRAW, "--no-wait", "-o", "file/below").returncode == 2
    assert server.accepted == 0


def test_a_picture_that_is_there_at_once_is_saved(
    tintype: Run, server: Loopback, tmp_path: Path
) -> None:
    """With --no-wait: the task on stdout, the path on stderr."""
    server.on(SUBMIT, said({"data": [{"b64_json": in_base64(PNG)}]}))
    done = tintype(*DRAW, "--no-wait", "--max-cost", "0.04", "-o", "out")
    assert done.returncode == 0
    assert from_json(done.stdout, Task).state is TaskState.SUCCEEDED
    assert (tmp_path / done.stderr.strip()).read_bytes() == PNG


def test_more_than_one_submission_is_not_for_no_wait(tintype: Run, server: Loopback) -> None:
    """The way out is an option of the command."""
    done = tintype("generate", PROMPT, "-p", "cheapai", "-n", "100", "--no-wait")
    assert done.returncode == 2
    assert is_a_sentence(done.stderr)
    assert "leave --no-wait out" in done.stderr
    assert server.accepted == 0


@pytest.mark.parametrize("journal", ["journal.db", "off"])
def test_a_task_that_is_late_can_be_finished_from_the_shell(
    tintype: Run, environ: dict[str, str], server: Loopback, journal: str
) -> None:
    """Its JSON on stdout, and no word that only a program understands."""
    environ["TINTYPE_JOURNAL"] = journal
    server.on("*", said({"success": True, "credits": 1188}), said({"success": True, "id": "t"}))
    done = tintype(*CHEAPAI, "--timeout", "0.5")
    assert done.returncode == 1
    task = from_json(done.stdout, Task)
    assert task.id == "t"
    assert "error.task_json" not in done.stderr
    way = f"tintype resume {task.record}" if journal != "off" else "No journal is kept"
    assert way in done.stderr


def test_notices_are_told_when_it_fails(tintype: Run, server: Loopback) -> None:
    """A model nobody knows may be why."""
    server.on(SUBMIT, said({"error": {"message": "No such model.", "code": "x"}}, status=400))
    for more in ((), ("--no-wait",)):
        unlisted = ("-m", "nonesuch", "--model-unlisted")
        done = tintype("generate", PROMPT, "-p", "apiyi", *unlisted, *more)
        assert done.returncode == 1
        first, last = done.stderr.splitlines()
        assert first.startswith("note: ")
        assert "nonesuch" in first
        assert "No such model" in last


def test_images_are_counted_over_all_submissions(tintype: Run, server: Loopback) -> None:
    """Each answers at once, with a journal and without."""
    server.on(SUBMIT, said({"data": [{"b64_json": in_base64(PNG)}]}))
    for where in ((), ("TINTYPE_JOURNAL",)):
        done = tintype(*DRAW, "-n", "3", "-o", "out", without=where)
        assert done.returncode == 0, done.stderr
        told = [line for line in done.stderr.splitlines() if line.startswith("apiyi: ")]
        assert [line.removeprefix("apiyi: ") for line in told] == [
            "1 of 3 drawn",
            "2 of 3 drawn",
            "3 of 3 drawn",
        ]


def test_a_picture_is_drawn_and_saved(tintype: Run, server: Loopback, tmp_path: Path) -> None:
    """Its path on stdout, its progress and its cost on stderr."""
    server.on(SUBMIT, picture(f"{server.url}/1.png", f"{server.url}/2"))
    server.on("GET /1.png", answer(PNG)).on("GET /2", answer(drawn("jpeg")))
    done = tintype(*DRAW, "-o", "out")
    assert done.returncode == 0, done.stderr
    paths = [tmp_path / line for line in done.stdout.splitlines()]
    assert [path.read_bytes() for path in paths] == [PNG, drawn("jpeg")]
    assert [path.suffix for path in paths] == [".png", ".jpg"]
    assert {path.parent for path in paths} == {tmp_path / "out"}
    assert "apiyi: succeeded" in done.stderr
    assert "$0.04" in done.stderr
    assert server.requests[0].header("authorization") == f"Bearer {KEY}"
    assert server.is_left_alone()


def test_every_flag_reaches_the_provider(tintype: Run, server: Loopback, tmp_path: Path) -> None:
    """Size, watermark, references and raw options are on the wire."""
    (tmp_path / "fox.png").write_bytes(PNG)
    server.on(SUBMIT, said({"data": [{"b64_json": in_base64(PNG)}]}))
    flags = ("--size", "2048x2048", "--no-watermark", "--stream", "--reference", "fox.png")
    raw = ("--option", 'guidance={"scale": 2.5}', "--option", "word=plain text")
    done = tintype(*DRAW, *flags, *raw, "-o", "out")
    assert done.returncode == 0, done.stderr
    body = json.loads(server.requests[0].body)
    assert body["prompt"] == PROMPT
    assert body["size"] == "2048x2048"
    assert (body["watermark"], body["stream"]) == (False, True)
    assert body["image"] == [f"data:image/png;base64,{in_base64(PNG)}"]
    assert (body["guidance"], body["word"]) == ({"scale": 2.5}, "plain text")


def test_a_picture_of_another_size_is_told_once_it_is_saved(
    tintype: Run, server: Loopback, tmp_path: Path
) -> None:
    """With a note, or as what went wrong; the size that was sent is the nearest there is."""
    server.on(SUBMIT, *[said({"data": [{"b64_json": in_base64(PNG)}]})] * 2)
    asked = (*DRAW, "--size", "500x500", "-o", "out")
    done = tintype(*asked)
    assert done.returncode == 0
    assert "note: size=500x500 is sent as" in done.stderr
    assert "note: The picture 0 has 4x3 pixels; 500x500 was asked for." in done.stderr
    done = tintype(*asked, "--on-mismatch", "error")
    assert done.returncode == 1
    assert (tmp_path / done.stdout.strip()).read_bytes() == PNG
    assert "tintype: apiyi: The picture 0 has 4x3 pixels; 500x500 was asked for." in done.stderr


def test_every_flag_is_a_field_of_the_request() -> None:
    """By its own name or by a shorter one; each has words of help."""
    told = {flag.name: flag.help for flag in generate.params if isinstance(flag, click.Option)}
    fields = {each.name for each in attrs.fields(ImageRequest)} - {"prompt"}
    assert fields - told.keys() == set()
    assert [name for name, words in told.items() if not words] == []


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        (("--negative-prompt", "rain"), "negative_prompt"),
        (("--guidance", "7.5"), "guidance"),
        (("--steps", "30"), "steps"),
        (("--strength", "0.5"), "strength"),
        (("--style", "vivid"), "style"),
        (("--user", "u-1"), "user"),
        (("--stream", "--previews", "2"), "previews"),
    ],
)
def test_a_flag_the_model_lacks_sends_nothing(
    tintype: Run, server: Loopback, flags: tuple[str, ...], field: str
) -> None:
    """The error names the field, and lists what the model has."""
    done = tintype(*DRAW, *flags)
    assert done.returncode == 2
    assert f"has no {field}." in done.stderr
    assert server.requests == []


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("fox.png", Reference(path="fox.png")),
        ("https://a.test/a,b.png", Reference(url="https://a.test/a,b.png")),
        ("role=mask,hole.png", Reference(path="hole.png", role="mask")),
        ("weight=0.5,role=style,a,b.png", Reference(path="a,b.png", role="style", weight=0.5)),
        ("./role=mask,odd.png", Reference(path="./role=mask,odd.png")),
    ],
)
def test_a_reference_is_given_with_its_role_and_weight(text: str, reference: Reference) -> None:
    """Both stand before the file; the rest is its name, commas and all."""
    request = request_from(["apiyi"], {"prompt": PROMPT, "references": ("a.png", text)})
    assert request.references == (Reference(path="a.png"), reference)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("role=frame,a.png", "role cannot be 'frame': it is image, mask, style"),
        ("weight=much,a.png", "weight='much' is no number"),
        ("weight=-1,a.png", "it is 0 or more"),
        ("role=mask,hole.png", "give the picture as a reference, too"),
        ("role=style,https://a.test/1.png", "takes no style among its references; it takes image"),
    ],
)
def test_a_reference_that_cannot_be_sent_is_told(
    tintype: Run, server: Loopback, text: str, words: str
) -> None:
    """What is wrong, and what there is; nothing is sent."""
    done = tintype(*DRAW, "--reference", text)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
    assert server.requests == []


def test_models_are_listed_with_what_they_can_do(tintype: Run) -> None:
    """In the table and in JSON."""
    listed = tintype("models", "-p", "apiin")
    assert "draw, edit" in listed.stdout
    rows = json.loads(tintype("models", "-p", "apiin", "--json").stdout)
    assert rows[1]["tasks"] == {"edit": ["prompt", "image"]}


def test_a_prompt_may_be_left_out_where_the_model_needs_none(
    tintype: Run, server: Loopback
) -> None:
    """Here it needs one, and says what for."""
    bare = ("generate", "-p", "apiyi", *MODEL)
    done = tintype(*bare, "--reference", "https://a.test/1.png")
    assert (done.returncode, "needs a prompt to edit" in done.stderr) == (2, True)
    done = tintype(*bare)
    assert (done.returncode, "say what to draw" in done.stderr) == (2, True)
    assert server.requests == []


def test_a_picture_is_not_written_over_another(
    tintype: Run, server: Loopback, tmp_path: Path
) -> None:
    """Run twice, there are two files."""
    server.on(SUBMIT, said({"data": [{"b64_json": in_base64(PNG)}]}))
    first, second = (tintype(*DRAW, "-o", "out").stdout for _ in range(2))
    assert first != second
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_task_is_printed_where_nobody_waits(tintype: Run, server: Loopback) -> None:
    """With --no-wait stdout is the task as JSON, for another process."""
    server.on("*", said({"success": True, "task_id": "t-1"}))
    done = tintype("generate", PROMPT, "-p", "cheapai", "--no-wait")
    assert (done.returncode, done.stderr) == (0, "")
    task = from_json(done.stdout, Task)
    assert (task.provider, task.id, task.state) == ("cheapai", "t-1", TaskState.RUNNING)
    assert server.lines() == ["POST /v1i/task/generate-image"]


def test_a_picture_that_is_too_dear_is_not_drawn(tintype: Run, server: Loopback) -> None:
    """--max-cost stops it before anything is sent."""
    done = tintype(*DRAW, "--max-cost", "0.039")
    assert done.returncode == 2
    assert "0.04" in done.stderr
    assert server.accepted == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("generate", PROMPT, "-p", "nobody"), "nobody"),
        (("generate", PROMPT, "-p", "apiin"), "APIIN_API_KEY"),
        ((*DRAW, "--size", "big"), "WIDTHxHEIGHT"),
        ((*DRAW, "-o", "file/below"), "file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tintype: Run, server: Loopback, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """On stderr, with exit code 2, before anything is sent."""
    (tmp_path / "file").write_bytes(b"")
    done = tintype(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert is_a_sentence(done.stderr)
    assert words in done.stderr
    assert server.accepted == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("models", "-p", "nobody"), "nobody"),
        (("quote", PROMPT, "-p", "nobody"), "nobody"),
        ((*DRAW, "--size", "1x1", "--size-policy", "exact"), "size"),
        ((*DRAW, "-n", "0"), "n=0"),
        ((*DRAW, "--aspect-ratio", "7:1"), "7:1"),
        ((*DRAW, "--reference", "nowhere.png"), "nowhere.png"),
        (("generate", "", "-p", "apiyi"), "prompt"),
        ((*DRAW, "--option", "model=other"), "model"),
        ((*DRAW, "-o", "/proc/self/out"), "/proc/self/out"),
    ],
)
def test_what_cannot_be_done_is_found_before_anything_is_sent(
    server: Loopback, environ: dict[str, str], arguments: tuple[str, ...], words: str
) -> None:
    """Each is an error of usage that names the matter."""
    done = CliRunner().invoke(cli, arguments, env=environ)
    assert isinstance(done.exception, UsageError)
    assert words in str(done.exception)
    assert done.stdout == ""
    assert server.accepted == 0


def test_a_bad_address_is_told(tintype: Run, environ: dict[str, str]) -> None:
    """The variable is named."""
    environ["APIYI_BASE_URL"] = "localhost:8000"
    done = tintype(*DRAW)
    assert done.returncode == 2
    assert is_a_sentence(done.stderr)
    assert "APIYI_BASE_URL" in done.stderr


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (said({"error": {"message": "Bad key.", "code": "x"}}, status=401), "Bad key"),
        (Fault.RESET, "not sent again"),
    ],
)
def test_what_failed_is_told(tintype: Run, server: Loopback, reply: bytes, words: str) -> None:
    """Exit code 1; a submission that was lost is not sent again."""
    server.on(SUBMIT, reply)
    done = tintype(*DRAW)
    assert (done.returncode, done.stdout) == (1, "")
    assert is_a_sentence(done.stderr)
    assert words in done.stderr
    assert server.lines() == [SUBMIT]


def test_a_result_that_cannot_be_had_leaves_its_task(tintype: Run, server: Loopback) -> None:
    """What was paid for can still be collected from what stands on stdout."""
    server.on(SUBMIT, picture(f"{server.url}/gone.png"))
    done = tintype(*DRAW, "-o", "out")
    assert done.returncode == 1
    assert from_json(done.stdout, Task).images[0].url == f"{server.url}/gone.png"
    assert "404" in done.stderr


# -------------------------------------------------------------------------- the shell's doings


def _started(
    arguments: Sequence[str], environ: dict[str, str], cwd: Path, stdout: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own script
        [SCRIPT, *arguments],
        env=environ,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("asked", [1, 2])
def test_an_interrupt_ends_it(
    server: Loopback, environ: dict[str, str], tmp_path: Path, asked: int
) -> None:
    """While the price or the submission is under way: no picture; who may have paid is told so."""
    server.on("*", *[said({"success": True, "credits": 1188})][: asked - 1], Fault.STALL)
    with _started(CHEAPAI, environ, tmp_path) as process:
        assert server.has_been_asked(asked)
        process.send_signal(signal.SIGINT)
        shown, said_on_stderr = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert "Traceback" not in said_on_stderr
    assert KEY not in said_on_stderr + shown
    assert server.lines().count("POST /v1i/task/generate-image") == asked - 1
    assert not (tmp_path / "out").exists()
    lines = SqlJournal(tmp_path / "journal.db").records()
    assert [line.outcome for line in lines] == [Outcome.UNKNOWN][: asked - 1]
    told = [f"may go on, and be charged. `tintype tasks` lists it as {each.id}" for each in lines]
    assert all(words in said_on_stderr for words in told)
    assert ("charged" in said_on_stderr) == (asked == 2)


@pytest.mark.parametrize("flags", [(), ("--no-wait",)])
def test_an_interrupted_submission_that_no_journal_keeps_is_told_of(
    server: Loopback, environ: dict[str, str], tmp_path: Path, flags: tuple[str, ...]
) -> None:
    """It may have been paid for, and nobody can be asked."""
    environ["TINTYPE_JOURNAL"] = "off"
    answers = [Fault.STALL] if flags else [said({"success": True, "credits": 1188}), Fault.STALL]
    server.on("*", *answers)
    with _started((*CHEAPAI, *flags), environ, tmp_path) as process:
        assert server.has_been_asked(len(answers))
        process.send_signal(signal.SIGINT)
        shown, said_on_stderr = process.communicate(timeout=30)
    assert shown == ""
    assert "and be charged. No journal is kept." in said_on_stderr


def test_an_interrupt_between_two_looks_ends_it(
    server: Loopback, environ: dict[str, str], tmp_path: Path
) -> None:
    """The task is accepted and being waited for."""
    server.on("*", said({"success": True, "credits": 1188}), said({"success": True, "id": "t"}))
    with _started(CHEAPAI, environ, tmp_path) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "cheapai: running\n"
        process.send_signal(signal.SIGINT)
        shown, said_on_stderr = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert "Traceback" not in said_on_stderr
    assert KEY not in said_on_stderr + shown
    assert server.is_left_alone()
    assert "cheapai: The task t may go on" in said_on_stderr
    (line,) = SqlJournal(tmp_path / "journal.db").records()
    assert f"tintype resume {line.id}" in said_on_stderr
    assert shown == ""


def test_an_interrupted_task_that_no_journal_keeps_is_printed(
    server: Loopback, environ: dict[str, str], tmp_path: Path
) -> None:
    """As JSON on stdout, for another process."""
    environ["TINTYPE_JOURNAL"] = "off"
    server.on("*", said({"success": True, "credits": 1188}), said({"success": True, "id": "t"}))
    with _started(CHEAPAI, environ, tmp_path) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "cheapai: running\n"
        process.send_signal(signal.SIGINT)
        shown, said_on_stderr = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert from_json(shown, Task).id == "t"
    assert "No journal is kept" in said_on_stderr


@pytest.mark.parametrize("arguments", [("models", "--json"), ("models",), ("--help",)])
def test_a_reader_that_leaves_is_no_failure_to_speak_of(
    environ: dict[str, str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """As `tintype models | head -0` does: nothing on stderr."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with _started(arguments, environ, tmp_path, writing) as process:
            _, said_on_stderr = process.communicate(timeout=30)
    finally:
        os.close(writing)
    assert said_on_stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only where there is a full device")
@pytest.mark.parametrize("arguments", [("models", "--json"), ("providers",), ("--help",)])
def test_a_disk_that_is_full_is_one_sentence(
    environ: dict[str, str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """No traceback, also not from the last words that Python has waiting."""
    with (
        Path("/dev/full").open("w") as full,
        _started(arguments, environ, tmp_path, full.fileno()) as process,
    ):
        _, said_on_stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert is_a_sentence(said_on_stderr)
    assert "No space left" in said_on_stderr


def test_the_command_can_be_run_as_a_module(environ: dict[str, str]) -> None:
    """Where its script is not on the path."""
    done = subprocess.run(
        [sys.executable, "-m", "tintype", "--version"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tintype, version ")


def test_a_record_that_is_not_there_is_misuse(tintype: Run, tmp_path: Path) -> None:
    """A slip of the pen is not taken for a task that is done."""
    SqlJournal(tmp_path / "journal.db").close()
    done = tintype("resume", "zzz")
    assert done.returncode == 2
    assert is_a_sentence(done.stderr)
    assert "'zzz' names no record" in done.stderr


def test_webhooks_are_served_until_an_interrupt(
    environ: dict[str, str], tmp_path: Path, server: Loopback
) -> None:
    """A call of nobody's is counted; a port that is taken is one sentence, and misuse."""
    with _started(("webhooks", "serve", "--port", "0"), environ, tmp_path) as process:
        assert process.stderr is not None
        listening = process.stderr.readline()
        url = listening.removeprefix("listening on ").strip().replace("<provider>", "nobody")
        status = urllib3.request("POST", url, body=b"{}", retries=False).status
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert status == 404
    assert process.returncode == -signal.SIGINT
    assert told.startswith("calls: {")
    with _started(("webhooks", "serve", "--port", str(server.port)), environ, tmp_path) as process:
        _, told = process.communicate(timeout=30)
    assert process.returncode == 2
    assert is_a_sentence(told)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_serving_webhooks_ends_with_its_connections_closed(
    environ: dict[str, str], tmp_path: Path, server: Loopback, end: signal.Signals
) -> None:
    """Those to providers, by which calls were confirmed: nobody complains of what was left open."""
    running = {"id": "t-1", "type": "imagen2", "status": "doing"}
    server.on("GET /v1/task/t-1", said(running))
    environ["TINTYPE_JOURNAL"] = "off"
    with _started(("webhooks", "serve", "--port", "0"), environ, tmp_path) as process:
        assert process.stderr is not None
        listening = process.stderr.readline()
        url = listening.removeprefix("listening on ").strip().replace("<provider>", "cheapai")
        told_of_it = urllib3.request("POST", url, json=running, retries=False).data
        process.send_signal(end)
        _, told = process.communicate(timeout=30)
    assert told_of_it == b"early\n"
    assert process.returncode == -end
    assert "nclosed" not in told


@pytest.mark.parametrize(
    ("status", "code", "step"),
    [
        (401, "AuthenticationError", "check APIYI_API_KEY, or"),
        (403, "AccountOverdueError", "Top up the account"),
        (429, "ModelAccountTpmRateLimitExceeded", "try again later"),
    ],
)
def test_a_refusal_says_what_to_do_next(
    tintype: Run, server: Loopback, status: int, code: str, step: str
) -> None:
    """Whatever the provider's own words are."""
    server.on(SUBMIT, said({"error": {"code": code, "message": "No."}}, status=status))
    done = tintype(*DRAW)
    assert done.returncode == 1
    assert step in done.stderr


def test_letters_outside_ascii_come_out_whatever_the_locale(
    tintype: Run, environ: dict[str, str], server: Loopback
) -> None:
    """A prompt in another script, under LC_ALL=C."""
    environ["LC_ALL"] = "C"
    server.on("*", said({"success": True, "task_id": "t-1"}))
    done = tintype("generate", "小熊猫 é", "-p", "cheapai", "--no-wait")
    assert done.returncode == 0
    task = from_json(done.stdout, Task)
    assert task.request is not None
    assert task.request.prompt == "小熊猫 é"
