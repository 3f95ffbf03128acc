"""`option`: like click's, and refuses a second value, and an empty one; `verbose` is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from click.parser import _OptionParser

    from tintype._cli.report import Report

Command = TypeVar("Command", bound=Callable[..., object])  # type: ignore[explicit-any]  # as click


class Once(click.Option):
    """An option whose last value does not win in silence over the ones before, nor an empty one.

    Args:
        setting: What stands in its place where it is not given: `TINTYPE_<SETTING>`, else that
            line of the file of settings.
        empty: Whether nothing is a value of its own, such as of records without a tag.
    """

    def __init__(
        self, *names: Sequence[str], setting: str = "", empty: bool = False, **attributes: object
    ) -> None:
        if setting:
            attributes.setdefault("envvar", f"TINTYPE_{setting.upper()}")
        super().__init__(*names, **attributes)  # type: ignore[arg-type]  # click's own names and types
        self._setting = setting
        self.empty = empty

    def add_to_parser(self, parser: _OptionParser, ctx: click.Context) -> None:
        """Have every value kept that is given."""
        if self.multiple or self.is_flag or self.count or self.name is None:
            super().add_to_parser(parser, ctx)
            return
        parser.add_option(
            obj=self, opts=self.opts, dest=self.name, action="append", nargs=self.nargs
        )

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, object]
    ) -> tuple[object, ParameterSource]:
        """The one value.

        Raises:
            click.BadParameter: There are several, or there is nothing in it.
        """
        given = opts.get(self.name or "")
        if isinstance(given, list) and not self.multiple:
            if len(given) > 1:
                values = " and ".join(repr(value) for value in given)
                msg = f"It takes one value, and was given {values}."
                raise click.BadParameter(msg, ctx=ctx, param=self)
            opts = {**opts, self.name or "": given[0]}
        value, source = super().consume_value(ctx, opts)  # type: ignore[arg-type]  # click says Parameter and means any value
        if source is ParameterSource.COMMANDLINE and _is_empty(value) and not self.empty:
            msg = "Nothing stands in it: give it a value, or leave it out."
            raise click.BadParameter(msg, ctx=ctx, param=self)
        found = self._from_file(ctx) if source is ParameterSource.DEFAULT else None
        return (value, source) if found is None else (found, ParameterSource.DEFAULT_MAP)

    def _from_file(self, ctx: click.Context) -> object:
        if not self._setting:
            return None
        from tintype._cli.settings import settings_of  # noqa: PLC0415 - not for --help

        found: object = getattr(settings_of(ctx), self._setting)
        return found


class Day(click.ParamType[date]):  # type: ignore[explicit-any]  # as click
    """A day in UTC, as ISO 8601 has it."""

    name = "day"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """The day that a text says."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            self.fail(f"{value!r} is no day in UTC such as 2026-11-01.", param, ctx)


def _is_empty(given: object) -> bool:
    """Whether a text of what was given has nothing in it."""
    several = given if isinstance(given, list | tuple) else (given,)
    return any(isinstance(each, str) and not each.strip() for each in several)


option = partial(click.option, cls=Once)


def _choice(name: str, words: tuple[str, ...], told: str) -> Callable[[Command], Command]:  # type: ignore[explicit-any]  # as click
    """An option that takes one of some words, by default the first."""
    kind = click.Choice(words)
    return option(name, type=kind, default=words[0], show_default=True, help=told)


class Verbosity:
    """How a command is to tell what came of it.

    Attributes:
        asked: Whether a person wants to hear all that a provider said.
        report: What becomes the one JSON document on stdout, where that was asked for.
    """

    def __init__(self) -> None:
        self.asked = False
        self.report: Report | None = None

    @classmethod
    def here(cls) -> bool:
        """Whether that was asked of the command that runs."""
        context = click.get_current_context(silent=True)
        found = context.find_object(cls) if context else None
        return found is not None and found.asked


def _ask(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click calls it so
    if asked:
        context.ensure_object(Verbosity).asked = True


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep a value that any command may be given for whoever makes its client."""
    context.meta[f"tintype.{parameter.name}"] = value


def _remembered(name: str) -> object:
    context = click.get_current_context(silent=True)
    return context.meta.get(f"tintype.{name}") if context else None


def tries_here() -> int | None:
    """How often the command that runs was told to try, or None."""
    found = _remembered("tries")
    return found if isinstance(found, int) else None


def proxy_here() -> str | None:
    """The proxy that the command that runs was told to go through, or None."""
    found = _remembered("proxy")
    return found if isinstance(found, str) else None


def _lasting(context: click.Context, parameter: click.Parameter, address: str) -> str:
    """Refuse a place whose pictures are gone when the command ends, before they are paid for."""
    if any(each.casefold().startswith("memory://") for each in address.split("::")):
        msg = (
            f"What is kept at {address} is gone when this command ends: name a folder, or an "
            "address such as s3://bucket/folder. Nothing was sent."
        )
        raise click.BadParameter(msg, ctx=context, param=parameter)
    return address


into_folder = option(
    "-o",
    "--output",
    default=".",
    show_default=True,
    metavar="DIR",
    setting="folder",
    callback=_lasting,
    help="Where to save.",
)
through_proxy = option(
    "--proxy",
    metavar="URL",
    setting="proxy",
    expose_value=False,
    callback=_remember,
    help="Go through this proxy: http://[USER:PASSWORD@]HOST:PORT.",
)
trying = option(
    "--tries",
    type=click.IntRange(1),
    expose_value=False,
    callback=_remember,
    help="Of an exchange that may be repeated: 1 repeats nothing; by default 4.",
)
verbose = option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_ask,
    help="Also say what the provider itself said.",
)

of_model = option(
    "-m", "--model", setting="model", help="Canonical (seedream-4.5) or the provider's own id."
)
unlisted = option(
    "--model-unlisted",
    "allow_unlisted",
    is_flag=True,
    help="Ask for a model that the catalog has not, or not any more.",
)
by_size_policy = _choice(
    "--size-policy", ("nearest", "exact"), "What becomes of a size that the model has not."
)
where_unsupported = _choice(
    "--on-unsupported", ("error", "notice"), "What to do about a field the model cannot honour."
)
where_mismatched = _choice(
    "--on-mismatch",
    ("notice", "error"),
    "What to do about a saved picture of another size than was asked for.",
)
labelled = option(
    "--label",
    default="",
    help="Whose the pictures are, such as a team: in the journal, never sent.",
)
