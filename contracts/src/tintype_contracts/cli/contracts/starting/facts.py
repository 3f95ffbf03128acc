"""What follows from a command and its answer: routes, fields, and where the answers say what."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from attrs import evolve, frozen

from tintype_contracts.cli.contracts.starting.given import Given, StartError
from tintype_contracts.cli.contracts.starting.places import (
    Place,
    code_of,
    id_of,
    is_base64,
    message_of,
    neutral_of,
    picture_of,
    pointer_of,
    state_of,
)
from tintype_contracts.fixtures.curl import Curl

_HOLE = re.compile(r"[$<{:].*|YOUR.*|.*_ID|x{3,}.*", re.IGNORECASE)
_URL = re.compile(r"https?://[\w.:-]+(/[\w.~:@+/-]*)?", re.ASCII)
_PIECE = re.compile(r"[\w.~:@+/?=&-]*", re.ASCII)
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
_BY_HAND = "Such an API has to be written by hand: docs/plugins.md."


@frozen(kw_only=True)
class Field:
    """A field of the submission's body.

    Attributes:
        way: The keys to it.
        value: What the command sends.
        neutral: The field of a request that it is, or "".
        wire: Its type, as a sheet names types.
        option: Whether a caller may set it as an option; else it is always sent as it is.
    """

    way: tuple[str, ...]
    value: object
    neutral: str
    wire: str
    option: bool = False

    @property
    def pointer(self) -> str:
        """As a sheet writes it."""
        return pointer_of(self.way)


@frozen(kw_only=True)
class Facts:
    """What the files say of a provider.

    Attributes:
        host: Where the API is.
        submit: The path of a submission.
        look: The path of a look with `{id}` in it, or "" where it answers at once.
        fields: Those of the body.
        form: Whether the body is a multipart form; else it is JSON.
        picture: Where the pictures stand in the last answer.
        base64: Whether they are images themselves; else addresses.
        created_id: Where a submission's answer has the task's id.
        done_id: Where a look's answer has it.
        created_state: Where a submission's answer has the status word.
        done_state: Where a look's answer has it.
        message: Where errors say why.
        code: Where they have a code.
    """

    host: str
    submit: str
    look: str
    fields: tuple[Field, ...]
    form: bool
    picture: Place
    base64: bool
    created_id: Place | None
    done_id: Place | None
    created_state: Place | None
    done_state: Place | None
    message: Place | None
    code: Place | None

    @property
    def one_object(self) -> bool:
        """Whether a submission is answered with the object that a look is answered with."""
        first, last = (self.created_id, self.created_state), (self.done_id, self.done_state)
        ways = [each and each.way for each in first]
        return self.created_id is not None and ways == [each and each.way for each in last]

    @property
    def home(self) -> tuple[str, ...]:
        """The keys to the object that holds the prompt, and options."""
        return next(each.way[:-1] for each in self.fields if each.neutral == "prompt")

    def field(self, neutral: str) -> Field | None:
        """The field of the body that a request's field is."""
        return next((each for each in self.fields if each.neutral == neutral), None)


def facts_of(given: Given) -> Facts:
    """What follows from what was given.

    Raises:
        StartError: It lacks something no plugin can do without.
    """
    address = urlsplit(given.curl.url)
    if given.curl.method != "POST" or not _URL.fullmatch(given.curl.url):
        msg = f"{given.curl.method} {given.curl.url} is no POST to a plain address. {_BY_HAND}"
        raise StartError(msg)
    created, done = id_of(given.answer), id_of(given.done)
    errors = list(given.errors.values())
    told = next((place for body in errors if (place := message_of(body))), None)
    made = Facts(
        host=f"{address.scheme}://{address.netloc}",
        submit=address.path or "/",
        look=_look(given, address.netloc, created),
        fields=_fields(given.curl),
        form=bool(given.curl.form),
        picture=(shown := _picture(given)),
        base64=is_base64(shown),
        created_id=created if given.poll else None,
        done_id=done,
        created_state=state_of(given.answer) if given.poll else None,
        done_state=_state(given),
        message=told,
        code=next((place for body in errors if (place := code_of(body))), None),
    )
    read = (made.created_id, made.done_state, made.message, made.code, made.picture)
    for place in filter(None, read):
        _identifiers(place.way)
    return made


def _picture(given: Given) -> Place:
    found = picture_of(given.done or given.answer)
    if found is None:
        which = "the answer to the look" if given.done else "the answer"
        msg = f"No picture was found in {which}: neither an address nor base64."
        if given.done is None:
            msg += " If it is a task that has to be looked at, give --poll-curl and --poll-answer."
        raise StartError(msg)
    if found.way.count("*") > 1 or found.way[0] == "*":
        msg = f"The pictures stand in arrays of arrays, {found.pointer}. {_BY_HAND}"
        raise StartError(msg)
    return found


def _state(given: Given) -> Place | None:
    if given.done is None:
        return None
    found = state_of(given.done)
    if found is None or id_of(given.answer) is None:
        lacking = "a status word in the answer to the look" if found is None else "an id"
        msg = f"A task needs {lacking}, and none was found. {_BY_HAND}"
        raise StartError(msg)
    return found


def _look(given: Given, host: str, created: Place | None) -> str:
    """The path of a look: the id, or what stands in its place, is a hole."""
    if given.poll is None:
        return ""
    address = urlsplit(given.poll.url)
    if address.netloc != host:
        msg = (
            f"The look goes to {address.netloc}, and the submission to {host}: a sheet has one"
            " host. Give the look at the submission's, where the page has one; else the plugin"
            " has to be written by hand: docs/plugins.md (One that is polled)."
        )
        raise StartError(msg)
    value = str(created.value) if created else ""
    path = f"{address.path}?{address.query}" if address.query else address.path
    pieces = re.split(r"([/?=&])", path)
    holes = [at for at, piece in enumerate(pieces) if piece and _HOLE.fullmatch(piece)]
    holes = holes or [at for at, piece in enumerate(pieces) if value and piece == value]
    plain = all(_PIECE.fullmatch(piece) for at, piece in enumerate(pieces) if at not in holes)
    if len(holes) != 1 or given.poll.method != "GET" or not plain:
        msg = (
            f"{given.poll.method} {path} is no look that is understood: it has to be a GET with"
            " the task's id, or {id} in its place, once."
        )
        raise StartError(msg)
    pieces[holes[0]] = "{id}"
    return "".join(pieces)


# ---------------------------------------------------------------------- the body


def _fields(curl: Curl) -> tuple[Field, ...]:
    found = list(_of_form(curl)) if curl.form else list(_of_json((), _body(curl)))
    seen: set[str] = set()
    for at, each in enumerate(found):
        if each.neutral in seen:
            found[at] = evolve(each, neutral="")
        seen.add(each.neutral)
    prompts = [each for each in found if each.neutral == "prompt"]
    if not prompts:
        names = ", ".join(each.pointer for each in found) or "none"
        msg = f"No field of the submission is a prompt: one called prompt or text. It has {names}."
        raise StartError(msg)
    home = prompts[0].way[:-1]
    made = tuple(_placed(each, home) for each in found)
    for each in made:
        _identifiers(each.way if each.neutral and each.way[:-1] == home else ())
    return made


def _placed(field: Field, home: tuple[str, ...]) -> Field:
    """Outside of the prompt's object only what is always there can be told from a constant."""
    if field.way[:-1] == home:
        return evolve(field, option=not field.neutral)
    return field if field.neutral in {"model", "n"} else evolve(field, neutral="")


def _body(curl: Curl) -> dict[str, object]:
    try:
        value = json.loads(curl.data or "")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        msg = (
            "The curl command sends neither a JSON object nor a multipart form. Give one that"
            " does, where the page has one; else the plugin has to be written by hand:"
            " docs/plugins.md (Requests)."
        )
        raise StartError(msg)
    return value


def _of_json(way: tuple[str, ...], value: dict[str, object]) -> Iterator[Field]:
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield from _of_json((*way, key), item)
        elif item is not None:
            wire = _TYPES.get(type(item), "object")
            yield Field(way=(*way, key), value=item, neutral=neutral_of(key, item), wire=wire)


def _of_form(curl: Curl) -> Iterator[Field]:
    files: set[str] = set()
    for part in curl.form:
        if part.filename is None:
            text = part.text or ""
            value: object = int(text) if text.isdecimal() else text
            neutral = neutral_of(part.name, value)
            yield Field(way=(part.name,), value=text, neutral=neutral, wire="string")
        elif part.name not in files:
            files.add(part.name)
            yield Field(way=(part.name,), value=None, neutral="references", wire="array")


def _identifiers(way: tuple[str, ...]) -> None:
    for key in way:
        named = key.isidentifier() and key.isascii() and not key.startswith("_")
        if key != "*" and (not named or keyword.iskeyword(key)):
            msg = f"The field {key!r} is no name in Python. {_BY_HAND}"
            raise StartError(msg)
