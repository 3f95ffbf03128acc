"""Where bodies hold what a picture is made of, told by the names that fields usually have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import reduce

from attrs import frozen

from tintype.convert import decode_image
from tintype.errors import ProtocolError
from tintype_contracts.fixtures.pointers import join

# The usual names, letters and digits only, by what they mean.
NEUTRAL: Mapping[str, str] = {
    word: neutral
    for neutral, words in {
        "prompt": "prompt text textprompt positiveprompt",
        "model": "model modelid modelname",
        "n": "n count numimages numberofimages numoutputs numberresults generationscount",
        "seed": "seed",
        "steps": "steps numinferencesteps",
        "negative_prompt": "negativeprompt",
        "guidance": "guidance guidancescale cfgscale cfg",
        "aspect_ratio": "aspectratio ratio",
        "size": "size imagesize",
        "resolution": "resolution imagesize",
        "quality": "quality",
        "style": "style",
        "output_format": "outputformat",
        "references": "image images imageurl imageurls referenceimages inputimage inputimages",
    }.items()
    for word in words.split()
}
_FORMS: Mapping[str, re.Pattern[str]] = {
    "aspect_ratio": re.compile(r"\d+:\d+"),
    "size": re.compile(r"\d+x\d+"),
    "resolution": re.compile(r"\d+K"),
    "output_format": re.compile(r"png|jpeg|webp|svg"),
}
_TYPES: Mapping[str, type] = {"n": int, "seed": int, "steps": int, "guidance": float}
_IDS = ["taskid", "jobid", "requestid", "generationid", "predictionid", "id", "uuid", "job", "task"]
_STATES = ["status", "state", "phase", "taskstatus", "jobstatus"]
_MESSAGES = ["message", "detail", "msg", "reason", "errormessage", "error", "title"]
_CODES = ["code", "errorcode", "type"]
_BASE64 = ["b64json", "b64", "base64", "imagebase64", "imagedata", "base64image"]
_NO_PICTURE = re.compile(r"(status|poll|cancel|response|webhook|callback|docs|self|get|web)")
_PICTURE_FILE = re.compile(r"\.(png|jpe?g|webp|svg|avif|gif)\b", re.IGNORECASE)


@frozen(kw_only=True)
class Place:
    """A leaf of a body: the keys to it, `*` for each item of an array, and what stands there."""

    way: tuple[str, ...]
    value: object

    @property
    def pointer(self) -> str:
        """As a sheet writes it."""
        return pointer_of(self.way)

    @property
    def word(self) -> str:
        """The last name in it, as names are compared."""
        return plain(next((key for key in reversed(self.way) if key != "*"), ""))


def pointer_of(way: Iterable[str]) -> str:
    """The keys to a place as a JSON pointer."""
    return reduce(join, way, "")


def plain(name: str) -> str:
    """Letters and digits of a name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def leaves(value: object, way: tuple[str, ...] = ()) -> Iterator[Place]:
    """All leaves; of an array its first item's."""
    match value:
        case dict() if value:
            for key, item in value.items():
                yield from leaves(item, (*way, key))
        case [first, *_]:
            yield from leaves(first, (*way, "*"))
        case _:
            yield Place(way=way, value=value)


def neutral_of(name: str, value: object) -> str:
    """The field of a request that a body's field is, or "" where its name or value tells none."""
    neutral = NEUTRAL.get(plain(name), "")
    if plain(name) == "imagesize" and isinstance(value, str):
        neutral = "resolution" if value.endswith("K") else "size"
    form = _FORMS.get(neutral)
    if form is not None and not (isinstance(value, str) and form.fullmatch(value)):
        return ""
    if neutral == "references":
        return neutral if _references(value) else ""
    kinds = (int, float) if _TYPES.get(neutral) is float else (_TYPES.get(neutral, str),)
    return neutral if isinstance(value, kinds) and not isinstance(value, bool) else ""


def _references(value: object) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, str) and first.startswith(("http", "data:image"))


def picture_of(body: object) -> Place | None:
    """Where an answer's pictures stand: addresses, or images in base64."""
    found = [place for place in leaves(body) if is_base64(place) or _is_address(place)]
    found.sort(key=lambda place: not _PICTURE_FILE.search(str(place.value)[:2000]))
    return found[0] if found else None


def is_base64(place: Place) -> bool:
    """Whether an image itself stands there, be it shortened by the page that prints it."""
    if not isinstance(place.value, str) or place.value.startswith("http"):
        return False
    if place.word in _BASE64 or place.value.startswith("data:image"):
        return True
    with suppress(ProtocolError):
        return bool(len(place.value) > 30 and decode_image(place.value))  # noqa: PLR2004 - no word
    return False


def _is_address(place: Place) -> bool:
    is_url = isinstance(place.value, str) and place.value.startswith(("http://", "https://"))
    return is_url and not _NO_PICTURE.search(place.word)


def id_of(body: object) -> Place | None:
    """Where a task's id stands."""
    return _first(body, _IDS, (str, int))


def state_of(body: object) -> Place | None:
    """Where the status word stands."""
    return _first(body, _STATES, (str,))


def message_of(body: object) -> Place | None:
    """Where an error says why, in words."""
    return _first(body, _MESSAGES, (str,))


def code_of(body: object) -> Place | None:
    """Where an error has its code."""
    return _first(body, _CODES, (str, int))


def _first(body: object, words: list[str], kinds: tuple[type, ...]) -> Place | None:
    """The place whose name is most telling, the highest of those."""
    fitting = [
        place
        for place in leaves(body)
        if place.word in words and "*" not in place.way and isinstance(place.value, kinds)
    ]
    fitting.sort(key=lambda place: (words.index(place.word), len(place.way)))
    return next(iter(fitting), None)
