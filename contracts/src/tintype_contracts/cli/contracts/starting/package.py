"""The files of a package, made of facts and templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import metadata
from textwrap import wrap
from urllib.parse import urlsplit

from packaging.version import Version

from tintype.errors import Billed, refusals
from tintype_contracts.cli.contracts.starting.code import most_images, plugin, template
from tintype_contracts.cli.contracts.starting.facts import Facts, Field
from tintype_contracts.cli.contracts.starting.given import Given, StartError
from tintype_contracts.cli.contracts.starting.places import pointer_of

_TITLES = {
    "create": "Create, the command",
    "created": "Create, the answer",
    "look": "Look at a task, the command",
    "done": "Look at a task, the answer when it is done",
}
_WIDTH = 100
_TEXT = re.compile(r'"[^"]*"')
_TEMPLATES: Mapping[str, str] = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    ".github/workflows/test.yml": "test.yml",
    "tests/test_contract.py": "test_contract.py",
}


def files(given: Given, facts: Facts, today: date) -> Mapping[str, str]:
    """The text of every file by its path in the package.

    Raises:
        StartError: The documents of an error are of a status that is none.
    """
    words = _words(given)
    made = {path: template(name).substitute(words) for path, name in _TEMPLATES.items()}
    package = f"src/tintype_{given.name}"
    made[f"{package}/__init__.py"] = plugin(given, facts, today)
    made[f"{package}/py.typed"] = ""
    made[f"{package}/fixtures/sheet.toml"] = sheet(given, facts, today)
    for name, text in given.excerpts.items():
        made[f"{package}/fixtures/sources/{name}.txt"] = text
    return made


def _words(given: Given) -> Mapping[str, str]:
    version = Version(metadata.version("tintype"))
    after = f"0.{version.minor + 1}" if version.major == 0 else str(version.major + 1)
    return {
        "name": given.name,
        "dashed": given.name.replace("_", "-"),
        "upper": given.name.upper(),
        "title": given.title,
        "bound": f">={version.major}.{version.minor},<{after}",
    }


_STORY_OF_EDIT = (
    "[story.generated_from_references.create]",
    'request = "create"',
    'answer = "created"',
    "",
)

# --------------------------------------------------------------------- the sheet


def sheet(given: Given, facts: Facts, today: date) -> str:
    """The sheet: what the files say, table by table.

    Raises:
        StartError: An error's status has no usual meaning.
    """
    tables = (
        _top(given, facts, today),
        _sources(given),
        _routes(facts),
        _body(given, facts),
        _states(facts),
        _answer(facts),
        _errors(given),
        _capabilities(facts),
        _stories(given, facts),
    )
    written = ["\n".join(map(_fitting, table)) for table in tables]
    return "\n\n".join(filter(None, written)) + "\n"


def _fitting(line: str) -> str:
    """A line of at most 100 columns, texts that make it longer are broken at their blanks."""
    if len(line) <= _WIDTH or "\\" in line:
        return line
    key, _, value = line.partition(" = ")
    long = _TEXT.sub(lambda text: f'""" {text[0][1:]}""' if " " in text[0] else text[0], value)
    lines = wrap(
        f"{key}\0=\0{long}",
        _WIDTH,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace("\0", " ")


def _top(given: Given, facts: Facts, today: date) -> Iterator[str]:
    yield 'format = "tintype-fixture/2"'
    yield f"provider = {_quoted(given.name)}"
    yield f"title = {_quoted(given.title)}"
    yield f"read = {today.isoformat()}  # the day on which the documents were read"
    yield f"hosts = [{_quoted(facts.host)}]"
    if not facts.base64:
        place = urlsplit(str(facts.picture.value))
        if place.netloc.strip(".…"):  # a page may print an address as "https://..."
            yield f"assets = [{_quoted(f'{place.scheme}://{place.netloc}')}]"
    if given.key.header != "Authorization" or given.key.prefix != "Bearer ":
        yield f"auth = {_quoted(f'{given.key.header}: {given.key.prefix}{{key}}')}"


def _sources(given: Given) -> Iterator[str]:
    yield "[sources]"
    yield f"docs = {_quoted(f'{given.docs} {given.title}, the documentation'.strip())}"
    for name in given.excerpts:
        status = name.removeprefix("error_")
        title = _TITLES.get(name, f"The answer of a {status}")
        yield f"{name} = {_quoted(f'docs: {title}')}"


def _routes(facts: Facts) -> Iterator[str]:
    form = "multipart" if facts.form else "json"
    yield "[routes]"
    yield f'submit = ["POST {facts.submit} {form}", "create verbatim"]'
    if facts.look:
        yield f'poll = ["GET {facts.look}", "look verbatim"]'


def _body(given: Given, facts: Facts) -> Iterator[str]:
    yield '[fields]  # "neutral type": docs/fixtures.md says how bounds and words are added'
    if facts.home:
        yield f'{_quoted(pointer_of(facts.home))} = "options object"'
    for each in facts.fields:
        required = "!" if each.neutral in {"prompt", "model"} else ""
        spec = _quoted(f"{each.neutral or '-'} {each.wire}{required}{_bounds(each)}")
        if each.neutral == "n":
            spec = f'[{spec}, "create inferred: The command asks for so many; there may be more."]'
        yield f"{_quoted(each.pointer)} = {spec}"
    for name in given.headers:
        yield f'{_quoted(f"header:{name}")} = "- string"'
    yield from _request(given, facts)


def _request(given: Given, facts: Facts) -> Iterator[str]:
    fixed = [each for each in facts.fields if not each.neutral and not each.option]
    if not fixed and not given.headers:
        return
    yield ""
    yield "[request]  # what every submission holds besides"
    for name, text in given.headers.items():
        yield f"{_quoted(f'header:{name}')} = {_quoted(text)}"
    for each in fixed:
        yield f"{_quoted(each.pointer)} = {_toml(each)}"


def _bounds(field: Field) -> str:
    counts = field.neutral == "n" and field.wire == "integer"
    return f" 1..{most_images(field)}" if counts else " pixels" if field.neutral == "size" else ""


def _toml(field: Field) -> str:
    return json.dumps(field.value, ensure_ascii=False)


def _states(facts: Facts) -> Iterator[str]:
    if facts.done_state is None:
        return
    yield "[states]"
    yield f"at = {_quoted(facts.done_state.pointer)}"
    if facts.created_state is not None and facts.created_state.value != facts.done_state.value:
        yield f"running = [{_quoted(str(facts.created_state.value))}]"
    yield f"succeeded = [{_quoted(str(facts.done_state.value))}]"


def _answer(facts: Facts) -> Iterator[str]:
    word = "image.b64" if facts.base64 else "image.url"
    if facts.base64 and str(facts.picture.value).startswith("data:"):
        word = "image.data_uri"
    places = {
        **({facts.created_id.pointer: "id"} if facts.created_id else {}),
        **({facts.done_id.pointer: "id"} if facts.look and facts.done_id else {}),
        facts.picture.pointer: word,
        **({facts.message.pointer: "error.message"} if facts.message else {}),
        **({facts.code.pointer: "error.code"} if facts.code else {}),
    }
    if facts.created_state and facts.done_state and facts.created_state.way != facts.done_state.way:
        places[facts.created_state.pointer] = "state"
    yield "[answer]  # where answers say what"
    for pointer, said in places.items():
        yield f"{_quoted(pointer)} = {_quoted(said)}"


def _errors(given: Given) -> Iterator[str]:
    if not given.errors:
        return
    yield "[errors]"
    for status in given.errors:
        try:
            kind = refusals(status)[status]
        except KeyError:
            msg = f"{status} is the status of no error that has a usual meaning."
            raise StartError(msg) from None
        billed = kind("", status=status).billed
        paid = "no" if billed is Billed.NO else "unknown"
        yield f'{status} = ["{kind.__name__} {paid}", {{answer = "error_{status}"}}]'


def _capabilities(facts: Facts) -> Iterator[str]:
    count = facts.field("n")
    if count and most_images(count) == 1:
        yield "[capabilities]  # leave it out once the bounds of n are more than 1..1"
        yield 'n = ["unsupported", "create inferred: The command asks for one."]'


def _stories(given: Given, facts: Facts) -> Iterator[str]:
    yield from _STORY_OF_EDIT if facts.field("references") else ()
    yield "[story.generated.create]"
    yield 'request = "create"'
    yield 'answer = "created"'
    if given.done is not None:
        if facts.created_state and facts.done_state:
            yield ""
            yield "[story.generated.running]"
            yield 'answer = "created"'
            yield 'from = "created inferred: A task that runs is told as when it was created."'
        yield ""
        yield "[story.generated.done]"
        yield 'answer = "done"'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
