"""The file of defaults for the command line: read once, each line of it held to what it may say."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import click
from attrs import field, fields_dict, frozen

from tintype._excerpts import guess, quoted
from tintype.budget import Budget
from tintype.errors import InvalidRequestError, TintypeError, UsageError
from tintype.messages import Proxy

ORDERS = ("price", "listed")
ANY = "any"


@frozen(kw_only=True)
class Settings:
    """What the file says. None, or nothing: it does not.

    Attributes:
        path: The file, or None where none is looked for.
        found: Whether it is there.
        provider: Who draws: one, several in turn, or `any`.
        order: Whom of several to try first.
        model: What draws.
        folder: Where pictures go.
        proxy: Through what all goes. It may hold a password.
        budgets: What every submission has to fit into.
    """

    path: Path | None = None
    found: bool = False
    provider: tuple[str, ...] | None = None
    order: str | None = None
    model: str | None = None
    folder: str | None = None
    proxy: str | None = field(default=None, repr=False)
    budgets: tuple[Budget, ...] = ()


def settings_of(context: click.Context | None) -> Settings:
    """The settings that a command has, read once.

    Raises:
        UsageError: The file cannot be read, or says what nobody could do.
    """
    if context is None:
        return Settings()
    found = context.meta.setdefault(_KEY, None) or load(os.environ)
    context.meta[_KEY] = found
    return found if isinstance(found, Settings) else Settings()


_KEY = "tintype.settings"


def place(environ: Mapping[str, str]) -> Path | None:
    """Where the file is, or would be; None where none is looked for.

    `TINTYPE_CONFIG` names it, or is `off`; else it is in the platform's folder.
    """
    named = environ.get("TINTYPE_CONFIG", "")
    if named:
        return None if named == "off" else Path(named)
    from platformdirs import user_config_path  # noqa: PLC0415 - not for --help

    try:
        return user_config_path("tintype", appauthor=False) / "config.toml"
    except RuntimeError:  # who has no home has no file in it
        return None


def load(environ: Mapping[str, str]) -> Settings:
    """What the file says.

    Raises:
        UsageError: It cannot be read, or says what nobody could do; the line is named.
    """
    path = place(environ)
    if path is None:
        return Settings()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        if environ.get("TINTYPE_CONFIG"):
            msg = f"TINTYPE_CONFIG names {path}, which is not there; `off` stands for no file."
            raise UsageError(msg) from error
        return Settings(path=path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8"
        msg = f"{path} cannot be read: {why}."
        raise UsageError(msg) from error
    return _File(path, text).settings()


class _File:
    """A file of settings."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def settings(self) -> Settings:
        """What it says, held to what each setting may be."""
        said = self._parsed()
        self._check_names(said, [*_READERS, _BUDGET], "setting")
        values = {name: self._read(name, said[name]) for name in _READERS if name in said}
        budgets = self._budgets(said.get(_BUDGET, []))
        return Settings(path=self._path, found=True, budgets=budgets, **values)  # type: ignore[arg-type]  # each reader gives its field's type

    def _parsed(self) -> dict[str, object]:
        import tomllib  # noqa: PLC0415 - only where there is a file

        try:
            return tomllib.loads(self._text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            msg = f"{self._path} is no TOML: {error}."
            raise UsageError(msg) from error

    def _read(self, name: str, value: object) -> object:
        read, what = _READERS[name]
        found = read(value)
        if found is None:
            raise self._wrong(name, f"{name} is {_kind(value)}: give {what}.")
        if name in {"provider", "proxy"}:
            self._check(name, found)
        return found

    def _check(self, name: str, found: object) -> None:
        try:
            if name == "proxy":
                Proxy(str(found))
            elif found != (ANY,):
                _check_providers(found if isinstance(found, tuple) else ())
        except TintypeError as error:
            raise self._wrong(name, error.message) from error

    def _budgets(self, given: object) -> tuple[Budget, ...]:
        tables = [given] if isinstance(given, dict) else given
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            told = f"{_BUDGET} is {_kind(given)}: write it as [[{_BUDGET}]]."
            raise self._wrong(_BUDGET, told)
        return tuple(self._budget(each, number) for number, each in enumerate(tables))

    def _budget(self, given: dict[str, object], number: int) -> Budget:
        self._check_names(given, _OF_A_BUDGET, "field of a budget", number)
        try:
            if "usd" not in given:
                msg = 'A budget has an amount, such as usd = "20".'
                raise InvalidRequestError(msg, field=_BUDGET)
            made = Budget(**{**given, "usd": _amount(given["usd"])})  # type: ignore[arg-type]  # it looks at each
            _check_providers(() if made.provider is None else (made.provider,))
        except TintypeError as error:
            name = error.field if isinstance(error, InvalidRequestError) else "provider"
            raise self._wrong(name, error.message, number) from error
        return made

    def _check_names(
        self,
        said: Mapping[str, object],
        known: Sequence[str],
        what: str,
        budget: int | None = None,
    ) -> None:
        for name in said:
            if name not in known:
                listed = f"{guess(name, known)} There are: {', '.join(known)}."
                raise self._wrong(name, f"{quoted(name)} is no {what}.{listed}", budget)

    def _wrong(self, name: str, told: str, budget: int | None = None) -> UsageError:
        """An error that names the line of a name, in the so-manieth budget where that is given."""
        lines = self._lines_of(name)
        if budget is not None:
            begins = [*self._lines_of(_BUDGET), sys.maxsize]
            here = begins[min(budget, len(begins) - 2) :][:2]
            lines = [at for at in lines if here[0] <= at < here[-1]] or here[:1]
        line = f", line {lines[0]}" if lines and lines[0] < sys.maxsize else ""
        return UsageError(f"{self._path}{line}: {told}")

    def _lines_of(self, name: str) -> list[int]:
        """The lines that begin with a name, or with a table of it, and stand in no longer text."""
        stands = re.compile(rf"\s*(\[+\s*)?[\"']?{re.escape(name)}[\"']?\s*[\].=]")
        lines = self._text.splitlines()
        return [
            at
            for at, line in enumerate(lines, 1)
            if stands.match(line) and _is_whole("\n".join(lines[: at - 1]))
        ]


def _is_whole(text: str) -> bool:
    """Whether a text of TOML ends where it may."""
    import tomllib  # noqa: PLC0415 - likewise

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _amount(given: object) -> Decimal | int | str:
    if isinstance(given, Decimal | int | str) and not isinstance(given, bool):
        return given
    msg = f'usd is {_kind(given)}: give an amount, such as "20".'
    raise InvalidRequestError(msg, field="usd")


def _check_providers(names: Sequence[str]) -> None:
    """Refuse a name that is nobody's: a budget of it would never count."""
    from tintype._plugins.registry import Registry  # noqa: PLC0415 - likewise

    Registry().check(names)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _names(value: object) -> tuple[str, ...] | None:
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list) or not all(isinstance(each, str) for each in several):
        return None
    return tuple(several) or None


def _order(value: object) -> str | None:
    return value if value in ORDERS and isinstance(value, str) else None


def _folder(value: object) -> str | None:
    given = _text(value)
    return None if given is None else os.path.expanduser(given)  # noqa: PTH111 - a home may be missing


_READERS: Mapping[str, tuple[Callable[[object], object], str]] = {
    "provider": (_names, 'a name, a list of names, or "any"'),
    "order": (_order, " or ".join(ORDERS)),
    "model": (_text, "the name of one"),
    "folder": (_folder, "the path of one"),
    "proxy": (_text, "an address"),
}
_BUDGET = "budget"
_OF_A_BUDGET = tuple(fields_dict(Budget))


def _kind(value: object) -> str:
    return quoted(value) if isinstance(value, str) and "@" not in value else type(value).__name__
