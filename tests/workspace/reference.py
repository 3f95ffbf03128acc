"""`python -m tests.workspace.reference` writes docs/reference.md from the code's own words.

It writes docs/providers.md as well.
"""

from __future__ import annotations

import enum
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Literal, get_args, get_origin

import attrs
import click
from tests.workspace import providers

import tintype
from tintype._cli import cli
from tintype._client.options import PerCall, PerCallKeywords
from tintype.hooks import Extras, Provider

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference.md"

# What the environment may say, and what of it is said for each provider (`<NAME>` is its name).
VARIABLES: Mapping[str, str] = {
    "TINTYPE_JOURNAL": "The journal: a file, an SQLAlchemy URL, or `off`.",
    "TINTYPE_CONFIG": "The command line's file of defaults, or `off`.",
    "TINTYPE_PROVIDER": "Whom the command line asks, where no `-p` says it; also "
    "`TINTYPE_ORDER`, `TINTYPE_MODEL`, `TINTYPE_FOLDER`: [command-line.md](command-line.md).",
    "TINTYPE_PROXY": "The command line's proxy: `http://[USER:PASSWORD@]HOST:PORT`.",
    "TINTYPE_LIVE": "`1` lets `contracts live` and `contracts record` ask a real provider.",
    "<NAME>_API_KEY": "The key; the variable that the provider's own documents name does as well.",
    "<NAME>_SECRET": "What else the provider knows you by, likewise: also `<NAME>_SESSION_TOKEN`, "
    "`<NAME>_USERNAME`, `<NAME>_PASSWORD`, `<NAME>_CLIENT_ID`, `<NAME>_CLIENT_SECRET`.",
    "<NAME>_REGION": "A setting that the provider declares, by its name.",
    "<NAME>_BASE_URL": "Where the API is, in place of the documented origin.",
    "<NAME>_TRUSTED_HOSTS": "Hosts, `*.domains` and address ranges that may serve results.",
    "<NAME>_USD_PER_CREDIT": "What a credit cost you, in place of the documented value.",
    "<NAME>_RATE": "The most submissions in any second, minute or hour, such as `300/min`.",
    "<NAME>_CONCURRENCY": "The most tasks in flight at a time.",
    "<NAME>_WEBHOOK_SECRET": "What the provider's webhooks are signed with.",
}
_HEAD = """# Reference

Every public name, option, hook, command and variable, in the code's own words. Written by
`python -m tests.workspace.reference`; a test fails when it is out of date. How they are used stands
in [using.md](using.md), [plugins.md](plugins.md) and [command-line.md](command-line.md).
"""
_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):$", re.MULTILINE)
_ENTRY = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)$", re.MULTILINE)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def written() -> str:
    """The whole page."""
    parts = [_HEAD, *_modules(), *_client(), *_hooks(), *_commands(), *_variables()]
    return "\n".join(parts).rstrip("\n") + "\n"


def public_modules() -> list[ModuleType]:
    """The core's modules of whose dotted name no part begins with an underscore."""
    found = walk_packages(tintype.__path__, "tintype.")
    names = [each.name for each in found if "._" not in each.name]
    return [tintype, *map(import_module, names)]


def public_names(module: ModuleType) -> dict[str, object]:
    """What `__all__` lists, or what a module without one defines without an underscore."""
    if hasattr(module, "__all__"):
        return {name: getattr(module, name) for name in module.__all__}
    source = inspect.getsource(module)
    assigned = set(re.findall(r"^(\w+)(?:: [^=\n]+)? = ", source, re.MULTILINE))
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (getattr(value, "__module__", None) == module.__name__ or name in assigned)
        and not isinstance(value, ModuleType)
    }


def _modules() -> Iterator[str]:
    package, *modules = public_modules()
    for module in (package, *modules):
        yield f"\n## `{module.__name__}`\n\n{_line(module)}\n"
        for name, value in sorted(public_names(module).items()):
            home = next((each.__name__ for each in modules if name in public_names(each)), None)
            if module is package and home is not None:
                yield f"- **`{name}`**: in `{home}`."
            else:
                yield from _name(name, value)


def _name(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value):
        yield f"- **`{name}`**: {_line(value)}"
        if issubclass(value, enum.Enum):
            members = ", ".join(f"`{member.name}`" for member in value)
            yield f"    - one of {members}"
        yield from _fields(value)
        yield from _properties(value)
        yield from _methods(value)
    elif inspect.isroutine(value) and inspect.getdoc(value):
        yield f"- **`{name}{_signature(value)}`**: {_line(value)}"
        for error, why in _section(value, "Raises").items():
            yield f"    - raises `{error}`: {why}"
    else:
        yield f"- **`{name}`**{_words(value)}"


def _words(value: object) -> str:
    """What a type of literal words admits, or ""."""
    words = get_args(value) if get_origin(value) is Literal else ()
    return f": one of {', '.join(f'`{word}`' for word in words)}" if words else ""


def _fields(kind: type) -> Iterator[str]:
    said = _section(kind, "Attributes") | _section(kind, "Args")
    for each in attrs.fields(kind) if attrs.has(kind) else ():
        if not each.name.startswith("_"):
            words = said.get(each.name, "")
            yield f"    - `{each.name}: {_type(kind, each.name)}`{': ' if words else ''}{words}"


def _properties(kind: type) -> Iterator[str]:
    said = _section(kind, "Attributes")
    for name, member in vars(kind).items():
        if isinstance(member, property) and not name.startswith("_"):
            kind_of = str(inspect.signature(member.fget).return_annotation) if member.fget else ""
            yield f"    - `{name}: {kind_of}`: {said.get(name) or _line(member)}"


def _methods(kind: type) -> Iterator[str]:
    for name, member in sorted(vars(kind).items()):
        if not name.startswith("_") and callable(member) and inspect.getdoc(member):
            yield f"    - `{name}{_signature(member)}`: {_line(member)}"


def _client() -> Iterator[str]:
    yield "\n## Options of `Client` and `AsyncClient`\n"
    described = _section(tintype.Client, "Args")
    for name, each in inspect.signature(tintype.Client).parameters.items():
        stars = "*" if each.kind is each.VAR_POSITIONAL else ""
        default = "" if each.default is each.empty else f" = {each.default!r}"
        yield f"- **`{stars}{name}{default}`**: {described[name]}"
    yield "\n## Options of one call: `**per_call`\n"
    described = _section(PerCallKeywords, "Attributes")
    kept = attrs.fields_dict(PerCall)
    for name, words in described.items():
        yield f"- **`{name} = {kept[name].default!r}`**: {words}"


def _hooks() -> Iterator[str]:
    yield "\n## Hooks\n"
    for holder, words in ((Provider, "every plugin"), (Extras, "a plugin whose provider can")):
        for name, hook in vars(holder).items():
            if not name.startswith("_"):
                signature = _signature(hook).replace("(self, ", "(").replace("(self)", "()")
                yield f"- **`{name}{signature}`** ({words}): {_line(hook)}"


def _commands() -> Iterator[str]:
    yield "\n## Commands\n"
    yield "Exit status: 0 done, 1 failed, 2 misuse; Ctrl-C ends by SIGINT.\n"
    yield from _command("tintype", cli, None)


def _command(name: str, command: click.Command, above: click.Context | None) -> Iterator[str]:
    context = click.Context(command, above, name, **command.context_settings)
    if isinstance(command, click.Group):
        for each in sorted(command.list_commands(context)):
            found = command.get_command(context, each)
            if found is not None:
                yield from _command(each, found, context)
        return
    yield f"- **`{context.command_path}`**: {command.get_short_help_str(200)}"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and "--help" not in parameter.opts:
            yield f"    - `{record[0]}`: {' '.join(record[1].split())}"


def _variables() -> Iterator[str]:
    yield "\n## Environment\n"
    yield from (f"- **`{name}`**: {said}" for name, said in VARIABLES.items())


def _line(value: object) -> str:
    """The first paragraph of what something says of itself, in one line."""
    return " ".join((inspect.getdoc(value) or "").partition("\n\n")[0].split())


def _section(value: object, title: str) -> dict[str, str]:
    """The entries of a section of a docstring (Google style), each in one line."""
    parts = _SECTION.split(inspect.getdoc(value) or "")
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = _ENTRY.findall(bodies.get(title, ""))
    return {name: " ".join(said.split()) for name, said in found}


def _signature(value: object) -> str:
    try:
        text = str(inspect.signature(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "()"
    return _ADDRESS.sub("", text).replace("'", "")


def _type(kind: type, name: str) -> str:
    """A field's type as the source spells it."""
    spelt = (vars(each).get("__annotations__", {}).get(name) for each in kind.__mro__)
    return str(next(filter(None, spelt), "object"))


if __name__ == "__main__":
    for page, text in ((PAGE, written()), (providers.PAGE, providers.written())):
        page.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{page.relative_to(ROOT)}: {len(text.splitlines())} lines\n")
