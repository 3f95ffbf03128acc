"""The flags that describe a picture, shared by `quote` and `generate`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import reduce
from pathlib import Path
from typing import cast

import click
from attrs import evolve

from tintype._amounts import is_amount
from tintype._cli.options import (
    Command,
    by_size_policy,
    of_model,
    option,
    unlisted,
    where_unsupported,
)
from tintype._cli.speaking import is_terminal, tell
from tintype._excerpts import quoted
from tintype.request import ROLES, ImageRequest, Reference, Role

_FLAGS = (
    of_model,
    option("-n", "n", type=int, default=1, show_default=True, help="How many images."),
    option("--aspect-ratio", help="Such as 16:9."),
    option("--resolution", help="A tier such as 2K."),
    option("--size", help="Exact pixels, WIDTHxHEIGHT."),
    option("--quality", help="A level the model knows."),
    option("--format", "output_format", help="png, jpeg, webp or svg."),
    option("--compression", "output_compression", type=int, help="0 to 100."),
    option("--background", help="transparent, opaque or auto."),
    option("--watermark/--no-watermark", default=None, help="The provider's mark."),
    option("--seed", type=int, help="For repeatable sampling, where honoured."),
    option("--negative-prompt", metavar="TEXT", help="What not to draw."),
    option("--guidance", type=float, help="How closely the prompt is kept to."),
    option("--steps", type=int, help="How many steps of sampling."),
    option("--strength", type=float, help="How much a source image is changed: 0 to 1."),
    option("--style", help="A style the model knows."),
    option("--user", help="On whose behalf you ask, as the provider wants to know it."),
    option("--stream", is_flag=True, help="Ask for the images as they are made."),
    option("--previews", type=int, help="How many unfinished images of a stream to ask for."),
    option("--tag", help="Your own label: in the journal and the results, never sent."),
    option(
        "--reference",
        "references",
        multiple=True,
        metavar="[role=ROLE,][weight=N,]FILE|URL",
        help=f"A source image; ROLE is {', '.join(ROLES)}.",
    ),
    option(
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        help="A raw field for the provider; VALUE is JSON where it can be.",
    ),
    unlisted,
    by_size_policy,
    where_unsupported,
)


def prompt_from(_: click.Context, __: click.Parameter, text: str) -> str:
    """The prompt, which `-` has read from standard input; "" where none is given.

    Raises:
        click.BadParameter: Nothing stands there, or no text.
    """
    if text != "-":
        return text
    if is_terminal(sys.stdin):
        tell("Write the prompt, and end it with Ctrl-D (on Windows: Ctrl-Z, Enter).")
    return _text_of("standard input", lambda: sys.stdin.buffer.read() if sys.stdin else b"")


def _prompt_in(context: click.Context, parameter: click.Parameter, file: str | None) -> str | None:
    """The prompt that stands in a file; `-` is standard input, as it is in the prompt's place."""
    if file is None or file == "-":
        return file and prompt_from(context, parameter, file)
    return _text_of(quoted(file), Path(file).read_bytes)


def _text_of(place: str, read: Callable[[], bytes]) -> str:
    """A prompt as UTF-8, without the blanks around it.

    Raises:
        click.BadParameter: There is none.
    """
    try:
        text = read().decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        msg = f"What stands in {place} is no UTF-8."
        raise click.BadParameter(msg) from error
    except (OSError, ValueError) as error:
        msg = f"The prompt in {place} cannot be read: {getattr(error, 'strerror', error)}."
        raise click.BadParameter(msg) from error
    if not text:
        msg = f"The prompt is read from {place}, where nothing stands."
        raise click.BadParameter(msg)
    return text


_IN_A_FILE = option(
    "--prompt-file",
    metavar="FILE",
    callback=_prompt_in,
    help="Where the prompt stands, in place of PROMPT; - is standard input.",
)


def request_flags(command: Command) -> Command:  # type: ignore[explicit-any]  # as click
    """Give a command the prompt and every flag of a request."""
    decorators = (click.argument("prompt", default="", callback=prompt_from), _IN_A_FILE, *_FLAGS)
    return reduce(lambda made, decorate: decorate(made), reversed(decorators), command)


def request_from(providers: Iterable[str], flags: Mapping[str, object]) -> ImageRequest:
    """The request that a command's flags describe, its raw options for each of these providers.

    Raises:
        click.BadParameter: An option is not KEY=VALUE, or there are two prompts.
        InvalidRequestError: A flag has a value nobody could send.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    if in_a_file := given.pop("prompt_file", None):
        if given.get("prompt"):
            msg = "The prompt is given as PROMPT, or in a file: not both."
            raise click.BadParameter(msg, param_hint="--prompt-file")
        given["prompt"] = in_a_file
    pairs = given.pop("options", ())
    sources = given.pop("references", ())
    texts = sources if isinstance(sources, tuple) else ()
    given["references"] = tuple(_reference(str(text)) for text in texts)
    options = dict(_pair(str(text)) for text in (pairs if isinstance(pairs, tuple) else ()))
    raw = dict.fromkeys(providers, options) if options else {}
    return ImageRequest(**given, options=raw)  # type: ignore[arg-type]  # click's flags carry the fields' own names and types


_FACT = re.compile(r"(role|weight)=([^,]*),")


def _reference(text: str) -> Reference:
    """A source image as `[role=ROLE,][weight=N,]FILE|URL`."""
    facts: dict[str, str] = {}
    while found := _FACT.match(text):
        facts[found[1]] = found[2]
        text = text[found.end() :]
    role = cast("Role", facts.get("role", "image"))  # the constructor checks it
    return evolve(Reference.of(text), role=role, weight=_weight(facts.get("weight")))


def _weight(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError as error:
        msg = f"weight={text!r} is no number."
        raise click.BadParameter(msg, param_hint="--reference") from error


def _pair(text: str) -> tuple[str, object]:
    key, sign, value = text.partition("=")
    if not (key and sign):
        msg = f"{text!r} is not KEY=VALUE."
        raise click.BadParameter(msg, param_hint="--option")
    try:
        parsed: object = json.loads(value)
    except ValueError:
        parsed = value
    return key, parsed


def dollars(_: click.Context, __: click.Parameter, text: str | None) -> Decimal | None:
    """An amount of money from the command line: a callback for an option.

    Raises:
        click.BadParameter: It is none.
    """
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not is_amount(amount):
        msg = f"{quoted(text)} is not an amount such as 0.05."
        raise click.BadParameter(msg)
    return amount
