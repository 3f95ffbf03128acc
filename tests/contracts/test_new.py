"""`tintype contracts new`: what it writes is installed, examined, linted and typed as it stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.contracts.wheels import command

from tintype_contracts.cli.contracts.new import command as new
from tintype_contracts.fixtures.loader import load_folder

_SECRET = "abcdef1234567890abcdef"
_BEARER = '-H "Authorization: Bearer $KEY" -H "Content-Type: application/json"'
_CREATE = f"""curl -X POST https://api.acme.test/v1/images \\
  {_BEARER} -H "X-Version: 2" \\
  -d '{{"model": "acme-1", "prompt": "a boat", "n": 1, "seed": 7, "mood": "calm"}}'
"""
_CREATED = '{"created": 1750000000, "data": [{"url": "https://cdn.acme.test/a/1.png"}]}'
_LOOK = "curl https://api.jobber.test/v1/tasks/{task_id} -H 'Authorization: Key YOUR_KEY'"

APIS: dict[str, dict[str, str]] = {
    "urls": {
        "curl": _CREATE,
        "answer": _CREATED,
        "error=401": '{"error": {"message": "Bad key", "code": "bad_key"}}',
    },
    "bytes": {
        "curl": f"""curl https://api.bytes.test/v2/generate -H "X-Bytes-Token: {_SECRET}" \\
  -H "Content-Type: application/json" \\
  -d '{{"input": {{"text": "a boat", "seed": 7, "flavour": "calm"}}, "model_id": "xl",
       "mode": {{"kind": "fast"}}}}'
""",
        "answer": '{"image": {"b64_json": "iVBORw0KGgo..."}, "seed": 7}',
    },
    "jobs": {
        "curl": """curl --request POST --url https://api.jobber.test/v1/tasks \\
  --header 'Authorization: Key YOUR_KEY' --header 'content-type: application/json' \\
  --data '{"prompt": "a boat", "imageSize": "1024x1024", "num_images": 2,
           "image_urls": ["https://example.com/a.png"]}'
""",
        "answer": '{"code": 200, "data": {"task_id": "t-123", "status": "QUEUED"}}',
        "poll-curl": _LOOK,
        "poll-answer": """{"code": 200, "data": {"task_id": "t-123", "status": "DONE",
  "images": ["https://cdn.jobber.test/x.png", "https://cdn.jobber.test/y.png"]}}""",
    },
    "plain": {
        "curl": """curl https://api.plain.test/v1/images -H 'Authorization: Bearer $KEY' \\
  -H 'Content-Type: application/json' -d '{"model": "p-1", "prompt": "a boat", "size": "1K"}'
""",
        "answer": '{"id": "t-123", "status": "queued"}',
        "poll-curl": "curl https://api.plain.test/v1/images/t-123 -H 'Authorization: Bearer $KEY'",
        "poll-answer": """{"id": "t-123", "status": "done",
  "images": [{"url": "https://cdn.plain.test/x.png"}]}""",
    },
    "plainform": {
        "curl": """curl -X POST https://api.plainform.test/v1/draw -H "Api-Key: $KEY" \\
  -F prompt="a boat"
""",
        "answer": '{"data": [{"url": "https://..."}]}',
    },
    "forms": {
        "curl": """curl -X POST https://api.forms.test/v1/edit -H "Authorization: Bearer $KEY" \\
  -F prompt="a boat" -F n=2 -F image=@cat.png -F mood=calm
""",
        "answer": """{"images": [{"url": "https://api.forms.test/a.png"},
  {"url": "https://api.forms.test/b.png"}]}""",
    },
}


def begin(folder: Path, name: str, given: dict[str, str], *more: str) -> Result:
    """Run the command on these texts; the package lies in `folder` under the name."""
    arguments = [name, "-o", str(folder / name)]
    for option, text in given.items():
        kind, _, status = option.partition("=")
        path = folder / f"{name}-{option}.txt"
        path.write_text(text, "utf-8")
        arguments += [f"--{kind}", f"{status}={path}" if status else str(path)]
    return CliRunner().invoke(new, [*arguments, *more])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the package of each API is installed."""
    folder = tmp_path_factory.mktemp("begun")
    for name, given in APIS.items():
        ended = begin(folder, name, given)
        assert ended.exit_code == 0, ended.output
    installed = folder / "site"
    for name in APIS:
        install(folder / name, installed)
    return installed


def install(package: Path, site: Path) -> None:
    """Put a package into `site` as an installer does with one that is editable."""
    project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        + "".join(f"Requires-Dist: {each}\n" for each in project["dependencies"])
    )
    groups = project["entry-points"].items()
    rows = (f"[{group}]\n" + "\n".join(f"{k} = {v}" for k, v in of.items()) for group, of in groups)
    (info / "entry_points.txt").write_text("\n".join(rows))
    for module in (package / "src").iterdir():
        (site / module.name).symlink_to(module, target_is_directory=True)


def test_untouched_it_passes_level_1(site: Path) -> None:
    """Addresses, a form, a form with a file; base64 and tasks are examined below."""
    ended = command(site, "check", "urls", "plainform", "forms", "--level", "1")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count(": level 1, happy path") == 3


def test_its_code_passes_linter_and_types(site: Path) -> None:
    """With the linter's own rules and strict types."""
    sources = [str(site.parent / name) for name in APIS]
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", *sources]
    types = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--explicit-package-bases"]
    modules = [f"{source}/src/tintype_{name}" for name, source in zip(APIS, sources, strict=True)]
    for asked in (ruff, [*types, *modules]):
        ended = subprocess.run(  # noqa: S603 - this interpreter, these modules
            asked, cwd=site, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_task_that_is_one_object_passes_level_2_untouched(site: Path) -> None:
    """Its id and its status word decide in every answer, that of a submission too."""
    ended = command(site, "check", "plain", "--level", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_check_of_one_ends_with_what_is_to_be_done(site: Path) -> None:
    """The tables that lack something, and one line that says what comes next."""
    ended = command(site, "check", "jobs", "--level", "1")
    told = ended.stdout
    assert ended.returncode == 0, told
    assert "  [states] the words of a task that is failed\n" in told
    assert told.endswith("then tintype contracts check jobs --level 2\n")
    assert "\x1b" not in told


def test_the_highest_level_does_not_end_the_list_of_what_is_unsaid(site: Path) -> None:
    """A plugin may conform to a sheet that tells no price: what is untold is not examined."""
    told = command(site, "check", "bytes").stdout
    assert "bytes: level 3, happy path" in told.lower()
    assert "[prices] what a picture costs" in told
    assert "what is left may be said" in told


def test_the_demo_draws_with_whatever_model_it_has(site: Path, tmp_path: Path) -> None:
    """One that the demo knows by name need not be among them."""
    ended = subprocess.run(
        [sys.executable, "-m", "tintype", "demo", "-p", "urls", "--pace", "0"],
        env={**os.environ, "PYTHONPATH": str(site), "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".png"]


def test_the_files_are_copied_word_for_word_but_for_a_key(tmp_path: Path) -> None:
    """A key that stands in a command is replaced, and one is told."""
    ended = begin(tmp_path, "bytes", APIS["bytes"])
    sources = tmp_path / "bytes/src/tintype_bytes/fixtures/sources"
    written = (sources / "create.txt").read_text("utf-8")
    assert written == APIS["bytes"]["curl"].replace(_SECRET, "$BYTES_API_KEY")
    assert (sources / "created.txt").read_text("utf-8") == APIS["bytes"]["answer"]
    assert "held a key: it was not copied" in ended.output
    everything = [path for path in (tmp_path / "bytes").rglob("*") if path.is_file()]
    assert not [path for path in everything if _SECRET in path.read_text("utf-8")]


def test_an_address_that_is_left_out_is_no_origin(tmp_path: Path) -> None:
    """A page may print a picture's address as `https://...`."""
    begin(tmp_path, "plainform", APIS["plainform"])
    sheet = tmp_path / "plainform/src/tintype_plainform/fixtures/sheet.toml"
    assert "assets" not in sheet.read_text("utf-8")


def test_a_signed_address_is_no_key_and_a_long_one_has_a_line_of_its_own(tmp_path: Path) -> None:
    """The answer is copied as it is printed; the sheet has lines of 100 columns."""
    address = f"https://cdn.acme.test/a/1.png?exp=1750000000&sig={'0a1b2c3d' * 8}"
    answer = f'{{"data": [{{"url": "{address}"}}], "token": "sk-{_SECRET}"}}'
    docs = f"https://docs.acme.test/{'reference/' * 6}images"
    ended = begin(tmp_path, "acme", {"curl": _CREATE, "answer": answer}, "--docs", docs)
    assert ended.exit_code == 0, ended.output
    fixtures = tmp_path / "acme/src/tintype_acme/fixtures"
    copied = (fixtures / "sources/created.txt").read_text("utf-8")
    assert copied == answer.replace(f"sk-{_SECRET}", "redacted")
    sheet = (fixtures / "sheet.toml").read_text("utf-8")
    assert max(map(len, sheet.splitlines())) <= 100
    assert load_folder(fixtures).sources["docs"].url == docs


WRONG: dict[str, tuple[str, dict[str, str], str]] = {
    "a name": ("No-Name", {}, "'No-Name' is no name for a provider"),
    "a keyword": ("class", {}, "'class' is no name for a provider"),
    "no curl": ("acme", {"curl": "Send a POST to us."}, "holds no curl command"),
    "no JSON": ("acme", {"answer": "200 OK"}, "is no JSON"),
    "no object": ("acme", {"answer": "[]"}, "is no JSON object"),
    "no picture": ("acme", {"answer": '{"id": "t1"}'}, "give --poll-curl and --poll-answer"),
    "half a look": ("acme", {"poll-curl": _LOOK}, "together"),
    "another host": (
        "acme",
        {"poll-curl": _LOOK, "poll-answer": '{"status": "done", "url": "https://a.test/a.png"}'},
        "The look goes to api.jobber.test",
    ),
    "a status": ("acme", {"error=200": "{}"}, "is no STATUS=FILE"),
    "no prompt": ("acme", {"curl": _CREATE.replace("prompt", "wish")}, "is a prompt"),
    "code in a path": ("acme", {"curl": _CREATE.replace("/v1", "/{exit()}")}, "plain address"),
    "code in a name": (
        "acme",
        {"answer": json.dumps({'a"\n': {"url": "https://cdn.acme.test/1.png"}})},
        "is no name in Python",
    ),
    "a key in the query": (
        "acme",
        {"curl": _CREATE.replace("/images", "/images?api_key=k")},
        'write auth=QueryKey(name="api_key") into the plugin by hand',
    ),
    "a password": ("acme", {"curl": _CREATE.replace(_BEARER, "-u me:k")}, "write auth=Basic()"),
    "a body that is no object": (
        "acme",
        {"curl": f"curl https://api.acme.test/v1/images {_BEARER} -d '[1]'"},
        "docs/plugins.md (Requests)",
    ),
}


@pytest.mark.parametrize(("name", "given", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_beginning_is_told_and_nothing_is_written(
    tmp_path: Path, name: str, given: dict[str, str], said: str
) -> None:
    """One sentence that says what would be, and status 2."""
    ended = begin(tmp_path, name, {"curl": _CREATE, "answer": _CREATED, **given})
    assert ended.exit_code == 2
    assert said in ended.output
    assert not (tmp_path / name).exists()


def test_a_sheet_that_cannot_be_loaded_ends_with_1(tmp_path: Path) -> None:
    """It is written, and what has to be mended is told with its place."""
    traced = _CREATED.replace("1750000000", '"3f0c2b1e-9a4d-4c7b-8e21-5d6f7a8b9c0d"')
    ended = begin(tmp_path, "acme", {"curl": _CREATE, "answer": traced})
    assert ended.exit_code == 1, ended.output
    assert "created.txt:1#: This is too random to be a word" in ended.output
    assert "Mend it, then run: tintype contracts lint" in ended.output
    assert (tmp_path / "acme/src/tintype_acme/fixtures/sheet.toml").is_file()
    assert "\\n" not in ended.output


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    """Also an empty one."""
    (tmp_path / "acme").mkdir()
    ended = begin(tmp_path, "acme", {"curl": _CREATE, "answer": _CREATED})
    assert ended.exit_code == 2
    assert "exists already" in ended.output
    assert not list((tmp_path / "acme").iterdir())
