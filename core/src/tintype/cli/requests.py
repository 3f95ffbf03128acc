"""The flags that describe a picture, shared by `quote` and `generate`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import reduce
from typing import TypeVar

import click

from tintype.request import ImageRequest

Command = TypeVar("Command", bound=Callable[..., object])  # type: ignore[explicit-any]  # as click

_FLAGS = (
    click.option("-m", "--model", help="Canonical (seedream-4.5) or the provider's own id."),
    click.option("-n", "n", type=int, default=1, show_default=True, help="How many images."),
    click.option("--aspect-ratio", help="Such as 16:9."),
    click.option("--resolution", help="A tier such as 2K."),
    click.option("--size", help="Exact pixels, WIDTHxHEIGHT."),
    click.option("--quality", help="A level the model knows."),
    click.option("--format", "output_format", help="png, jpeg, webp or svg."),
    click.option("--compression", "output_compression", type=int, help="0 to 100."),
    click.option("--background", help="transparent, opaque or auto."),
    click.option("--watermark/--no-watermark", default=None, help="The provider's mark."),
    click.option("--seed", type=int, help="For repeatable sampling, where honoured."),
    click.option(
        "--reference", "references", multiple=True, metavar="FILE|URL", help="A source image."
    ),
    click.option(
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        help="A raw field for the provider; VALUE is JSON where it can be.",
    ),
    click.option(
        "--on-unsupported",
        type=click.Choice(["error", "notice"]),
        default="error",
        show_default=True,
        help="What to do about a flag the model cannot honour.",
    ),
)


def request_flags(command: Command) -> Command:  # type: ignore[explicit-any]  # as click
    """Give a command the prompt and every flag of a request."""
    decorators = (click.argument("prompt"), *_FLAGS)
    return reduce(lambda made, decorate: decorate(made), reversed(decorators), command)


def request_from(provider: str, flags: Mapping[str, object]) -> ImageRequest:
    """The request that a command's flags describe, for one provider.

    Raises:
        click.BadParameter: An option is not KEY=VALUE.
        InvalidRequestError: A flag has a value nobody could send.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    pairs = given.pop("options", ())
    options = dict(_pair(str(text)) for text in (pairs if isinstance(pairs, tuple) else ()))
    return ImageRequest(**given, options={provider: options} if options else {})  # type: ignore[arg-type]  # click's flags carry the fields' own names and types


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
