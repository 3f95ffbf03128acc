"""The plugin's text, made of facts: what stands between the lines of `plugin.py.txt`."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import resources
from string import Template
from textwrap import indent
from urllib.parse import urlsplit

from tintype_contracts.cli.contracts.starting.facts import Facts, Field
from tintype_contracts.cli.contracts.starting.given import Given
from tintype_contracts.cli.contracts.starting.places import Place
from tintype_contracts.cli.contracts.starting.shapes import frozen_class, shapes

# What the text may use, by the module it is in.
_NAMES: Mapping[str, str] = {
    "attrs": "evolve frozen",
    "tintype.catalog": "Integer Model Number Pixels ProviderInfo References Text",
    "tintype.convert": "Id ended is_refusal merge_options peek picture pictures read translate",
    "tintype.credentials": "HeaderKey",
    "tintype.errors": "Billed ProtocolError refusal refusals",
    "tintype.exchange": "Exchange Operation",
    "tintype.hooks": "hookimpl",
    "tintype.messages": "MultipartBody Part Request address",
    "tintype.models": "Image Task TaskState Update",
    "tintype.request": "Submission",
}
_WIDTH = 88
_DESCRIPTORS = {"seed": "Integer", "steps": "Integer", "guidance": "Number", "size": "Pixels"}
_HINTS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def plugin(given: Given, facts: Facts, today: date) -> str:
    """The text of the plugin's one module."""
    words = {
        "name": given.name,
        "title": given.title,
        "how": "a task that is looked at until it is done" if facts.look else "answered at once",
        "read": today.isoformat(),
        "host": facts.host,
        "homepage": given.docs or facts.host,
        "docs": given.docs or facts.host,
        **_catalog(given, facts),
        "classes": "\n\n\n".join(_classes(facts)),
        "submit": indent("\n".join(_submit(given, facts)), "    "),
        **_poll(facts),
        "refusal": _refusal(facts),
        "parse": "\n".join(_parse(facts)),
    }
    page = template("plugin.py")
    return page.substitute(words, imports=_imports(page.substitute(words, imports="")))


def template(name: str) -> Template:
    """The text of one of the package's files, with its holes."""
    folder = resources.files("tintype_contracts.cli.contracts.starting") / "templates"
    return Template((folder / f"{name}.txt").read_text("utf-8"))


def _text(value: str) -> str:
    """A text as Python writes it, between double quotes."""
    return json.dumps(value)


def _imports(text: str) -> str:
    """An import of each name that is used."""
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    lines = ["import json", ""] if "json" in used else []
    lines += ["from urllib.parse import quote", ""] if "quote" in used else []
    for module, names in _NAMES.items():
        wanted = [name for name in names.split() if name in used]
        lines += [_import(module, wanted)] if wanted else []
    return "\n".join(lines)


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    rows = "".join(f"    {name},\n" for name in names)
    return line if len(line) <= _WIDTH else f"from {module} import (\n{rows})"


# ------------------------------------------------------------------- the catalog


def _catalog(given: Given, facts: Facts) -> Mapping[str, str]:
    model, count, key = facts.field("model"), facts.field("n"), given.key
    limits = f", max_n={most_images(count)}" if count else ""
    limits += _parameters(facts)
    if sources := facts.field("references"):
        form = "bytes" if facts.form else "url"
        most = "" if sources.wire == "array" else ", max_count=1"
        limits += f', references=References(forms=("{form}",){most}, source=DOCS)'
    limits += ", source=DOCS"
    named = str(model.value) if model else given.name
    wire = {each.neutral: each.way[-1] for each in facts.fields if each.neutral}
    renamed = [f'"{name}": ("{field}",)' for field, name in wire.items() if name != field]
    auth = f"\n    auth=HeaderKey(header={_text(key.header)}, prefix={_text(key.prefix)}),"
    places = [(facts.created_state, "RUNNING"), (facts.done_state, "SUCCEEDED")]
    words = {str(place.value).casefold(): state for place, state in places if place}
    rows = "".join(f"    {_text(word)}: TaskState.{state},\n" for word, state in words.items())
    pairs = "".join(f"({_text(name)}, {_text(text)})," for name, text in given.headers.items())
    meaning = "  # their words, in any case of letters; any other is asked about again"
    return {
        "model": f"evolve(GENERAL, id={_text(named)})",
        "limits": limits,
        "auth": auth if (key.header, key.prefix) != ("Authorization", "Bearer ") else "",
        "version": f"\nVERSION = ({pairs})  # of every submission" if given.headers else "",
        "info": f"\n    wire_names={{{', '.join(renamed)}}}," if renamed else "",
        "statuses": ", ".join(map(str, given.errors)),
        "states": f"\nSTATES = {{{meaning}\n{rows}}}" if facts.look else "",
    }


def most_images(count: Field) -> int:
    """How many images the command asks for, which is all that is known of the most."""
    return max(1, int(str(count.value)))


def _parameters(facts: Facts) -> str:
    """What a model takes besides, without bounds."""
    rows = [
        f'"{each.neutral}": {_DESCRIPTORS.get(each.neutral, "Text")}(source=DOCS)'
        for each in facts.fields
        if each.neutral and each.neutral not in {"prompt", "model", "n", "references"}
    ]
    return f", parameters={{{', '.join(rows)}}}" if rows else ""


# ------------------------------------------------------------------ what is sent


def _classes(facts: Facts) -> Iterator[str]:
    inner = [each for each in facts.fields if each.neutral and each.way[:-1] == facts.home]
    rows = {each.way[-1]: _hint(each) for each in inner}
    yield frozen_class("Draw", "What is sent, in their words; None is left out.", rows)
    said = [(facts.message, "str | None = None"), (facts.code, "Id | None = None")]
    if any(place for place, _ in said):
        yield from shapes("Refusal", "Why a request was refused.", _ways(said))
    last = [(facts.done_state, "str"), (facts.picture, "str | None = None")]
    if facts.one_object and facts.created_id:
        last = [(facts.created_id, "Id | None = None"), *last]
    elif facts.created_id:
        first = [(facts.created_id, "Id"), (facts.created_state, "str")]
        yield from shapes("Created", "The answer to a submission.", _ways(first))
    doc = f"The answer to a {'look' if facts.look else 'submission'}; other keys are tolerated."
    doc = "A task as it stands; other keys are tolerated." if facts.one_object else doc
    yield from shapes("Answer", doc, _ways(last))


def _ways(places: list[tuple[Place | None, str]]) -> dict[tuple[str, ...], str]:
    return {place.way: hint for place, hint in places if place is not None}


def _hint(field: Field) -> str:
    if field.neutral in {"prompt", "model"}:
        return "str"
    wire = "integer" if field.neutral in {"n", "seed", "steps"} else field.wire
    return f"{_HINTS.get(wire, 'tuple[str, ...]')} | None = None"


def _submit(given: Given, facts: Facts) -> Iterator[str]:
    inner = [
        each
        for each in facts.fields
        if each.neutral
        and each.way[:-1] == facts.home
        and not (facts.form and each.neutral == "references")
    ]
    yield "body = Draw("
    for each in inner:
        yield f"    {each.way[-1]}={_value(each)},"
    yield ")"
    address = f'f"{{API}}{facts.submit}"'
    headers = ", headers=VERSION" if given.headers else ""
    if not facts.form:
        yield f"sent = {_sent(facts)}"
        yield f"return Request.post({address}, sent{headers})"
        return
    yield "sent = merge_options(body, request.options)"
    yield "texts = {"
    yield "    name: value if isinstance(value, str) else json.dumps(value)"
    yield "    for name, value in sent.items()"
    yield "}"
    yield "parts = [Part(name=name, data=text.encode()) for name, text in texts.items()]"
    if files := facts.field("references"):
        yield "for number, each in enumerate(request.references, start=1):"
        yield "    parts.append("
        yield "        Part("
        yield f'            name="{files.way[-1]}",'
        yield '            data=each.data or b"",'
        yield '            filename=each.name or f"image{number}.png",'
        yield "            media_type=each.media_type or None,"
        yield "        )"
        yield "    )"
    yield "form = MultipartBody(parts=tuple(parts))"
    yield f'return Request(method="POST", url={address}, body=form{headers})'


def _value(field: Field) -> str:
    if field.neutral != "references":
        return f"request.{field.neutral}"
    array = field.wire == "array"
    return "request.urls or None" if array else "next(iter(request.urls), None)"


def _sent(facts: Facts) -> str:
    """The body: what is asked for, and beside it what is always sent."""
    home = "merge_options(body, request.options)"
    outer = [each for each in facts.fields if each.way[:-1] != facts.home]
    if not outer and not facts.home:
        return home
    tree: dict[str, object] = {}
    for each in outer:
        _put(tree, each.way, _value(each) if each.neutral else repr(each.value))
    if facts.home:
        _put(tree, facts.home, home)
    text = _literal(tree)
    return text if facts.home else f"{{**{home}, {text[1:]}"


def _put(tree: dict[str, object], way: tuple[str, ...], text: str) -> None:
    *above, last = way
    for key in above:
        deeper = tree.setdefault(key, {})
        tree = deeper if isinstance(deeper, dict) else {}
    before = tree.get(last)
    tree[last] = {"**": text, **before} if isinstance(before, dict) else text


def _literal(tree: Mapping[str, object]) -> str:
    rows = []
    for key, value in tree.items():
        text = _literal(value) if isinstance(value, dict) else str(value)
        rows.append(f"**{text}" if key == "**" else f"{_text(key)}: {text}")
    return f"{{{', '.join(rows)}}}"


# ------------------------------------------------------------------ what comes back


def _poll(facts: Facts) -> Mapping[str, str]:
    if not facts.look:
        return {"asked": "None", "poll_doc": "Nothing: it answers at once.", "poll": "    return"}
    path, _, rest = facts.look.partition("{id}")
    base = path.removesuffix("/")
    url = f'address(f"{{API}}{base}", task.id)'
    url += f" + {_text(rest)}" if rest else ""
    if urlsplit(facts.look).query:
        url = f"f\"{{API}}{path}{{quote(task.id, safe='')}}{rest}\""
    return {
        "asked": "Request",
        "poll_doc": "Look at a task.",
        "poll": f"    return Request.get({url})",
    }


def _refusal(facts: Facts) -> str:
    message, code = (_read_from("why", p) for p in (facts.message, facts.code))
    said = [message or '""', *([code] if code else [])] if message or code else []
    peeked = "        why = peek(message, Refusal())\n" if said else ""
    return f"{peeked}        raise refusal({', '.join(['message.status', 'REFUSALS', *said])})"


def _read_from(name: str, place: Place | None) -> str:
    return ".".join((name, *place.way)) if place else ""


def _parse(facts: Facts) -> Iterator[str]:
    if facts.created_id and not facts.one_object:
        yield from _created(facts, facts.created_id)
    yield "    answer, raw = read(message, Answer)"
    if facts.one_object and facts.created_id:
        yield f"    found = {_read_from('answer', facts.created_id)} or exchange.task.id"
        yield "    if not found:"
        yield '        msg = "The answer names no task."'
        yield f'        raise ProtocolError(msg, pointer="{facts.created_id.pointer}")'
    if facts.done_state:
        word = f"answer.{'.'.join(facts.done_state.way)}"
        yield f'    state = translate({word}, STATES, "{facts.done_state.pointer}")'
        found = "found" if facts.one_object else "exchange.task.id"
        yield f"    update = Update(id={found}, state=state, raw=raw)"
        yield "    if state is not TaskState.SUCCEEDED:"
        yield "        return update"
    update = "evolve(update, " if facts.done_state else "Update(raw=raw, "
    yield from _images(facts.picture, update)


def _created(facts: Facts, known: Place) -> Iterator[str]:
    """How a submission's answer is read, where it is another object than a look's."""
    word = _read_from("created", known)
    yield "    if exchange.operation is Operation.SUBMIT:"
    yield "        created, raw = read(message, Created)"
    yield f"        if not {word}:"
    yield '            msg = "The answer names no task."'
    yield f'            raise ProtocolError(msg, pointer="{known.pointer}")'
    told = ""
    if state := facts.created_state:
        at = f'{_read_from("created", state)}, STATES, "{state.pointer}"'
        yield f"        state = translate({at})"
        told = "state=state, "
    yield f"        return Update(id={word}, {told}raw=raw)"


def _images(place: Place, update: str) -> Iterator[str]:
    if "*" not in place.way:
        way = f"answer.{'.'.join(place.way)}"
        yield f'    image = picture({way}, pointer="{place.pointer}")'
        yield f"    return {update}state=TaskState.SUCCEEDED, images=(image,), billed=Billed.YES)"
        return
    at = place.way.index("*")
    before, after = place.way[:at], place.way[at + 1 :]
    pointer = f"/{'/'.join(before)}"
    listed = f"answer.{'.'.join(before)}"
    yield f'    images, failures = pictures({listed}, image, "{pointer}")'
    yield "    if not images:"
    yield '        msg = "The answer names no picture."'
    yield f'        raise ProtocolError(msg, pointer="{pointer}")'
    yield "    state = ended(images, failures)"
    told = "state=state, images=images, errors=failures, billed=Billed.YES"
    yield f"    return {update}{told})"
    yield ""
    yield ""
    kind = "str" if not after else "Item"
    yield f"def image(item: {kind}, index: int) -> Image:"
    yield '    """One picture of an answer."""'
    yield f"    return picture({'.'.join(('item', *after))}, index=index)"
