"""The lines of a batch's file: JSON Lines or CSV, read one by one, each good or bad by itself."""

from __future__ import annotations

import csv
import itertools
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Protocol, TypeAlias

import attrs
from attrs import evolve

from tintype._blame import about
from tintype._client.batch_lines import tag_of
from tintype._excerpts import guess, quoted
from tintype.convert import from_json
from tintype.errors import InvalidRequestError, TintypeError
from tintype.request import ImageRequest, Reference

_LONGEST = 32 * 1024 * 1024  # bytes of a line; one that is longer is not kept
_CHUNK = 65_536
_TRIED = 10  # lines, of which one has to be an object, in a file of JSON Lines
_FIELDS = {each.name: str(each.type) for each in attrs.fields(ImageRequest)}
_REFERENCE = {each.name: str(each.type) for each in attrs.fields(Reference)}
_TEXTS = ("str", "str | None")

_JSON_LINES = (
    'no JSON Lines, an object with the fields of a request a line ({"prompt": "a red panda"}); nor '
    "does its name end in .csv"
)
_A_TABLE = "no table of which any row can be drawn"

# The fields of a request as a line has them, or why there are none.
_Fields: TypeAlias = Mapping[str, object]
_Numbered: TypeAlias = tuple[int, _Fields | InvalidRequestError]


class _Source(Protocol):
    def read(self, size: int, /) -> bytes | None:
        """Some bytes, or none: that was the end."""

    def close(self) -> None:
        """Let it go."""


class Lines:
    """The requests of a file, in its order.

    Args:
        file: Its path, or `-`: standard input.
        most: How many of them are under way at once: of these it is known where they stand.
        model: What draws those that name no model.

    Attributes:
        name: What the batch is called, unless somebody says so.
        stopped: Set to have no more lines read.
        over: Whether all have been read.

    Raises:
        InvalidRequestError: It cannot be read, or is neither JSON Lines nor CSV.
    """

    def __init__(self, file: str, most: int, model: str | None = None) -> None:
        self.name = "stdin" if file == "-" else Path(file).name
        self.stopped = self.over = False
        self._path = None if file == "-" else Path(file)
        self._is_csv = file.lower().endswith(".csv")
        self._most = most
        self._model = model
        self._places: dict[int, int] = {}
        self._first: Iterator[_Numbered] | None = self._checked()

    @property
    def may_be_read_again(self) -> bool:
        """Whether it is a file on a disk."""
        return self._path is not None and self._path.is_file()

    def count(self) -> int | None:
        """How many lines there are; None where it is read once alone."""
        return sum(1 for _ in self._rows()) if self.may_be_read_again else None

    def __iter__(self) -> Iterator[ImageRequest | TintypeError]:
        """A request for each line, or why there is none. Standard input is read once."""
        rows = self._rows() if self._first is None else self._first
        self._first, self.over = None, False
        number = line = 0
        try:
            for number, (line, found) in enumerate(rows, start=1):
                if self.stopped:
                    return
                self._note(number, line)
                yield _request(line, found, self._model)
        except OSError as error:  # what was read before is drawn all the same
            self._note(number + 1, line + 1)
            yield _odd(line + 1, f"{self._where} cannot be read any further: {_reason(error)}")
        else:
            self.over = True

    def _note(self, number: int, line: int) -> None:
        self._places[number] = line
        if len(self._places) > self._most:
            del self._places[next(iter(self._places))]

    def line_of(self, number: int) -> int:
        """Where in the file a request stands, once its result is there."""
        return self._places.pop(number)

    def _checked(self) -> Iterator[_Numbered]:
        """The rows, of which one of the first is what the file should hold."""
        rows, seen = self._rows(), list[_Numbered]()
        try:
            for row in itertools.islice(rows, _TRIED):
                seen.append(row)
                if not isinstance(row[1], InvalidRequestError):
                    return itertools.chain(seen, rows)
        except OSError as error:
            raise self._unreadable(error) from error
        if not seen:
            msg = f"{self._where} holds no line. Nothing was sent."
            raise InvalidRequestError(msg, field="file")
        what = _A_TABLE if self._is_csv else _JSON_LINES
        msg = f"{self._where} is {what}. {seen[0][1]} Nothing was sent."
        raise InvalidRequestError(msg, field="file")

    def _unreadable(self, error: OSError) -> InvalidRequestError:
        msg = f"{self._where} cannot be read: {_reason(error)}."
        return InvalidRequestError(msg, field="file")

    @property
    def _where(self) -> str:
        return "Standard input" if self._path is None else quoted(str(self._path))

    def _rows(self) -> Iterator[_Numbered]:
        texts = _texts(self._open)
        return _of_csv(texts, self._where) if self._is_csv else _of_json(texts)

    def _open(self) -> _Source:
        try:
            if self._path is not None:
                return self._path.open("rb", buffering=0)
        except OSError as error:
            raise self._unreadable(error) from error
        if sys.stdin is None:  # it was closed
            return BytesIO()
        # Without its buffer: a thread that waits there holds a lock that Python's end needs.
        raw: _Source = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
        return raw


def _texts(opened: Callable[[], _Source]) -> Iterator[str | None]:
    """Each line without its end; None in place of one that is too long, or no UTF-8."""
    source, encoding = opened(), "utf-8-sig"
    try:
        for line in _split(source):
            yield _decoded(line, encoding)
            encoding = "utf-8"
    finally:
        source.close()


def _split(source: _Source) -> Iterator[bytes | None]:
    line, skipped = bytearray(), False
    while chunk := source.read(_CHUNK):
        *whole, rest = chunk.split(b"\n")
        for piece in whole:
            line += piece
            yield None if skipped or len(line) > _LONGEST else bytes(line)
            line, skipped = bytearray(), False
        line += rest
        if len(line) > _LONGEST:
            line, skipped = bytearray(), True
    if line or skipped:
        yield None if skipped else bytes(line)


def _decoded(line: bytes | None, encoding: str) -> str | None:
    try:
        return None if line is None else line.decode(encoding).removesuffix("\r")
    except UnicodeDecodeError:
        return None


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _unread(line: int) -> InvalidRequestError:
    return _odd(line, f"it is no UTF-8, or longer than {_LONGEST // 2**20} MiB")


def _odd(line: int, why: str, field: str = "") -> InvalidRequestError:
    return InvalidRequestError(f"Line {line}: {why}.", field=field)


# --------------------------------------------------------------------------- JSON Lines


def _of_json(texts: Iterator[str | None]) -> Iterator[_Numbered]:
    for line, text in enumerate(texts, start=1):
        if text is None or text.strip():
            yield line, _unread(line) if text is None else _object(line, text)


def _object(line: int, text: str) -> _Fields | InvalidRequestError:
    try:
        value: object = json.loads(text, object_pairs_hook=_once_each)
    except InvalidRequestError as error:
        return _odd(line, error.message, error.field)
    except (ValueError, RecursionError) as error:
        where = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        return _odd(line, f"{quoted(text)} is no JSON{where}")
    if not isinstance(value, dict):
        return _odd(line, f"{quoted(value)} is no object with the fields of a request")
    return value


def _once_each(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """An object, none of whose names stands in it twice.

    Raises:
        InvalidRequestError: One does, and nobody knows which is meant.
    """
    _check_once([name for name, _ in pairs])
    return dict(pairs)


def _check_once(names: Sequence[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            msg = f"{quoted(name)} is given {times} times: leave all but one out"
            raise InvalidRequestError(msg, field=name)


# ---------------------------------------------------------------------------------- CSV


def _of_csv(texts: Iterator[str | None], where: str) -> Iterator[_Numbered]:
    """The rows of a table whose header names fields.

    Raises:
        InvalidRequestError: It names something else.
    """
    odd: list[int] = []
    csv.field_size_limit(_LONGEST)
    rows = csv.reader(_kept(texts, odd), strict=True)
    names: list[str] = []
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            yield rows.line_num, _odd(rows.line_num, f"it is no CSV: {error}")
            continue
        if not names:
            names = _header(cells, where)
        elif any(cells):
            yield rows.line_num, _cells(rows.line_num, names, cells)
        yield from ((line, _unread(line)) for line in odd)
        odd.clear()
    yield from ((line, _unread(line)) for line in odd)


def _kept(texts: Iterator[str | None], odd: list[int]) -> Iterator[str]:
    """Lines for the reader of CSV: an empty one in place of each that cannot be read."""
    for line, text in enumerate(texts, start=1):
        if text is None:
            odd.append(line)
        yield f"{text or ''}\n"


def _header(cells: Sequence[str], where: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if name not in _FIELDS:
            msg = (
                f"{where} has the column {quoted(name)}, and a request has no such field."
                f"{guess(name, _FIELDS)} The first line names the columns, such as prompt,tag,n. "
                "Nothing was sent."
            )
            raise InvalidRequestError(msg, field="file", allowed=tuple(_FIELDS))
    try:
        _check_once(names)
    except InvalidRequestError as error:
        msg = f"{where} has a column twice: {error.message}. Nothing was sent."
        raise InvalidRequestError(msg, field="file") from None
    return names


def _cells(line: int, names: Sequence[str], cells: Sequence[str]) -> _Fields | InvalidRequestError:
    """A row's fields: text as it stands, anything else as JSON; an empty cell gives none."""
    if len(cells) > len(names):
        return _odd(line, f"it has {len(cells)} cells, and there are {len(names)} columns")
    fields: dict[str, object] = {}
    for name, cell in zip(names, cells, strict=False):
        if cell:
            fields[name] = cell if _FIELDS[name] in _TEXTS else _cell(cell)
    return fields


def _cell(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    return value


# ------------------------------------------------------------------------------ requests


def _request(
    line: int, found: _Fields | InvalidRequestError, model: str | None
) -> ImageRequest | TintypeError:
    """The request that a line's fields make, with the tag by which the line is known."""
    if isinstance(found, InvalidRequestError):
        return found
    given = {name: value for name, value in found.items() if value is not None}
    fields: dict[str, object] = {"model": model, **given}
    try:
        _check_names(fields, _FIELDS, "a request")
        if "references" in fields:
            fields["references"] = _references(fields["references"])
        made = ImageRequest(**fields)  # type: ignore[arg-type]  # it looks at each
    except TintypeError as error:
        return about(error, message=f"Line {line}: {error.message}")
    return made if made.tag is not None else evolve(made, tag=tag_of(line, made))


def _check_names(given: Mapping[str, object], known: Mapping[str, str], whose: str) -> None:
    for name in given:
        if name not in known:
            msg = f"{quoted(name)} is no field of {whose}.{guess(name, known)}"
            raise InvalidRequestError(msg, field=name, allowed=tuple(known))


def _references(given: object) -> tuple[Reference, ...]:
    """References, each an address, a path, or an object of their fields."""
    several = given if isinstance(given, list) else [given]
    return tuple(_reference(each) for each in several)


def _reference(given: object) -> Reference:
    if not isinstance(given, dict):
        return Reference.of(given)  # type: ignore[arg-type]  # it refuses what it does not take
    _check_names(given, _REFERENCE, "a reference")
    return from_json(json.dumps(given), Reference)
