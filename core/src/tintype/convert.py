"""JSON to typed values and back: strict where it decides, generous where it was paid for.

A provider's answer is evidence. What decides (a task's id, its state, a price before the work)
is read as documented or is a `ProtocolError` with its JSON pointer. What stands beside a picture
is read one by one, also in the odd spellings that servers use, and left out where it says
nothing; the core tells the caller of each as a notice. Keys no document mentions are tolerated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import NoReturn, TypedDict, TypeGuard, TypeVar, Unpack, cast
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import attrs
import cattrs
import pybase64

from tintype._lifting import lengths, lifted, restored
from tintype._moderation import is_moderation
from tintype._pictures.media import HEAD, media_type, what_came
from tintype._pictures.whole import is_whole
from tintype._structuring import json_values
from tintype._structuring.json_values import Kept, redact, redacted, shown
from tintype._structuring.shapes import (
    ErrorObject,
    Id,
    OddError,
    as_written,
    decisive,
    exactly,
    generously,
    leave_out,
    noting,
)
from tintype._structuring.stored import from_json, to_builtins, to_json
from tintype.errors import InvalidRequestError, ProtocolError, ProviderError, UnknownStatusError
from tintype.exchange import Message
from tintype.messages import Delivery, JsonObject, Response, ServerSentEvent
from tintype.models import Failure, Image, TaskState

__all__ = [
    "ErrorObject",
    "Id",
    "as_object",
    "decisive",
    "decode_image",
    "ended",
    "failure",
    "from_json",
    "is_done",
    "is_refusal",
    "loads",
    "merge_options",
    "peek",
    "picture",
    "picture_body",
    "pictures",
    "preview",
    "read",
    "redact",
    "structure",
    "to_builtins",
    "to_json",
    "translate",
    "unstructure",
]

T = TypeVar("T")
_WIRE = cattrs.Converter()


# ------------------------------------------------------------ what plugins call


def read(message: Message | None, shape: type[T], *, strict: bool = False) -> tuple[T, JsonObject]:
    """A message's JSON object as `shape`, and as JSON without the bytes of images.

    Args:
        message: The answer, event or webhook.
        shape: A wire class: fields without a default, and those made by `decisive`, decide.
        strict: Whether every field decides, as in an answer that tells a price.

    Raises:
        ProtocolError: The body is not JSON, not an object, or what decides is missing or odd.
    """
    value = as_written(loads(message))
    if not isinstance(value, dict):
        msg = f"The answer is no JSON object: {shown(value)}"
        raise ProtocolError(msg, status=_status(message))
    try:
        typed = (exactly if strict else generously)(value, shape)
    except ProtocolError as error:
        error.status = _status(message)
        raise

    raw = message.content.once("raw", lambda: _kept(message, value)) if message else redact(value)
    return typed, cast("JsonObject", raw)


def _kept(message: Message, value: dict[str, object]) -> object:
    """A message's JSON object without the bytes of images, made when somebody looks at it."""
    if not value or len(message.content.text) > _MAX_KEPT:
        return redact(value)
    return Kept(partial(_made_again, _text(message), lengths()))


def _made_again(text: str, told: Mapping[str, str]) -> object:
    return redacted(as_written(json_values.loads(text)), told)


def is_refusal(message: Message | None) -> TypeGuard[Response]:
    """Whether an answer's HTTP status is no success. An event and a webhook have no status."""
    return isinstance(message, Response) and message.status not in _SUCCESS


def is_done(message: Message | None) -> bool:
    """Whether an event is `[DONE]`, with which most streams of events close."""
    return isinstance(message, ServerSentEvent) and message.content.text.strip() == b"[DONE]"


def peek(message: Message | None, otherwise: T) -> T:
    """A message's JSON object as what `otherwise` is, and `otherwise` where it is anything else.

    For the bodies of refusals: a gateway may answer for the provider, in HTML or nothing.
    """
    try:
        with noting():  # nothing was paid for a refusal, and nobody misses what is left out
            return read(message, type(otherwise))[0]
    except ProtocolError:
        return otherwise


def translate(word: str, table: Mapping[str, T], pointer: str) -> T:
    """The meaning of a provider's status word, whatever its case and the blanks around it.

    Args:
        word: What the provider says.
        table: The documented words, in whatever case.
        pointer: Where the word stands.

    Raises:
        UnknownStatusError: No document lists the word. It is neither a success nor a
            failure, so the flow asks again.
        ProviderError: The word says that moderation refused the picture.
    """
    plain = word.strip().casefold()
    if plain in table:
        return table[plain]
    known = {each.casefold(): meaning for each, meaning in table.items()}
    if plain in known:
        return known[plain]
    if is_moderation(word, ""):
        msg = f"The status is {shown(word)}."
        raise ProviderError(msg, code=word)
    listed = ", ".join(table)
    msg = f"The status {shown(word)} is not among the documented ones ({listed})."
    raise UnknownStatusError(msg, pointer=pointer)


def pictures(
    items: Iterable[T | None], read_one: Callable[[T, int], Image | Failure], pointer: str
) -> tuple[tuple[Image, ...], tuple[Failure, ...]]:
    """The pictures of an answer, one by one: an odd one costs itself alone.

    Args:
        items: The list in the answer; None stands where an item is odd.
        read_one: An item and its index as an image, or as the failure that it tells of.
        pointer: Where the list stands.

    Returns:
        The images, and a failure for each item that is none.

    Raises:
        ProtocolError: None is an image, and not because the provider says so.
    """
    found: list[Image | Failure] = []
    odd: list[ProtocolError] = []
    for index, item in enumerate(items):
        try:
            found.append(_odd(pointer, index) if item is None else read_one(item, index))
        except ProtocolError as error:
            odd.append(error)
            found.append(Failure(message=str(error), index=index))
    images = tuple(each for each in found if isinstance(each, Image))
    if odd and not images:  # unread: words of moderation elsewhere do not speak of it
        leave_out(OddError(odd[0].message, pointer))
        raise odd[0]
    return images, tuple(each for each in found if isinstance(each, Failure))


def failure(message: str | None, code: str | int | None = "", index: int | None = None) -> Failure:
    """A failure of a task, or of the image at `index`, in the provider's words if it has any."""
    words = message or "The provider gave no reason."
    return Failure(message=words, code=str(code or ""), index=index)


def ended(images: tuple[Image, ...], failures: tuple[Failure, ...]) -> TaskState:
    """Where a task that is over stands: by its images, and by what they or it failed of.

    Returns:
        SUCCEEDED, PARTIAL, FAILED, REFUSED where moderation is the reason of each failure, or
        UNKNOWN where there is neither an image nor a failure.
    """
    if images:
        return TaskState.PARTIAL if failures else TaskState.SUCCEEDED
    if not failures:
        return TaskState.UNKNOWN
    refused = all(each.refused for each in failures)
    return TaskState.REFUSED if refused else TaskState.FAILED


def _odd(pointer: str, index: int) -> NoReturn:
    msg = "An item is no picture."
    raise ProtocolError(msg, pointer=f"{pointer}/{index}")


class PictureFacts(TypedDict, total=False):
    """What else an answer may tell of a picture: fields of an `Image`."""

    media_type: str
    width: int | None
    height: int | None
    index: int
    seed: int | None
    preview_url: str | None


def picture(*told: str | None, pointer: str = "", **facts: Unpack[PictureFacts]) -> Image:
    """A picture, by the first of several texts that is one: an address, or the image itself.

    An address is kept as it was given: it may be signed.

    Args:
        told: The texts.
        pointer: Where they stand.
        facts: What else is told of it, by the names of an `Image`'s fields.

    Raises:
        ProtocolError: None of them is either.
    """
    for text in filter(None, told):
        if _is_address(text.strip()):
            return Image(url=text.strip(), **facts)
        with suppress(ProtocolError):
            return Image(data=decode_image(text), **facts)
    said = shown(next(filter(None, told), ""))
    msg = f"Neither the address of an image nor an image in base64: {said}"
    raise ProtocolError(msg, pointer=pointer)


def _is_address(text: str) -> bool:
    """Whether it is the address of something on the web, down to its host and its port."""
    if _PLAIN_ADDRESS.fullmatch(text):
        return True
    with suppress(ValueError):  # such as `http://[x`
        parts = urlsplit(text)
        return bool(_ADDRESS.fullmatch(text) and parts.hostname and parts.port != 0)
    return False


def picture_body(message: Message | None) -> Image:
    """The picture that an answer's body is, where it is asked for as bytes and not in JSON.

    What kind of image it is, its bytes say; a `Content-Type` may be any.

    Raises:
        ProtocolError: It is no image (JSON, a web page, nothing), or one without its end.
    """
    body = message.body if isinstance(message, Response) else b""
    kind = media_type(body)
    if kind and is_whole(body, kind):
        return Image(data=body)
    msg = (
        f"The picture came without its end ({len(body)} bytes)." if kind else what_came(body[:HEAD])
    )
    raise ProtocolError(msg, status=_status(message))


def preview(text: str | None, pointer: str = "") -> Image | None:
    """An unfinished picture, or None where it is none: nobody paid for it by itself."""
    try:
        return picture(text, pointer=pointer)
    except ProtocolError as error:
        leave_out(OddError(error.message, pointer))
        return None


def loads(message: Message | bytes | str | None) -> object:
    """A body as JSON, as far as it is unambiguous; its fractions as `Decimal`.

    Raises:
        ProtocolError: The body is empty or not JSON.
    """
    try:
        if isinstance(message, _MESSAGES):
            return message.content.once("json", lambda: json_values.loads(_text(message)))
        return json_values.loads(_text(message))
    except ProtocolError as error:
        error.status = _status(message)
        raise


def as_object(value: object) -> JsonObject | None:
    """A JSON object, also one that a server wrote as text; None where it is anything else."""
    found = as_written(value)
    return found if isinstance(found, dict) else None


def structure(value: object, shape: type[T], *, strict: bool = False) -> T:
    """A JSON value as `shape`, as `read` does.

    Raises:
        ProtocolError: What decides is missing or odd; `pointer` says where.
    """
    return (exactly if strict else generously)(value, shape)


def unstructure(body: attrs.AttrsInstance) -> dict[str, object]:
    """A wire class as the JSON object to send: fields at None are left out, all else kept."""
    return cast("dict[str, object]", _pruned(_WIRE.unstructure(body)))


def merge_options(body: attrs.AttrsInstance, options: JsonObject) -> dict[str, object]:
    """A wire class as the JSON object to send, with a caller's raw options beside its fields.

    What the options may hold the core has checked by then, against the catalog.

    Args:
        body: The wire class. A field at None is left out, and an option may set it.
        options: The caller's raw fields.

    Raises:
        InvalidRequestError: An option has the name of a field that is set.
    """
    sent = unstructure(body)
    for name in options:
        if name in sent:
            msg = f"The option {name!r} is set by a field of the request already."
            raise InvalidRequestError(msg, field="options")
    return {**sent, **options}


def decode_image(text: str, pointer: str = "") -> bytes:
    """The bytes of an image in base64, in every spelling that servers use.

    With or without a `data:` prefix, line breaks and blanks, in the usual or the URL-safe
    alphabet, percent-encoded, padded or not. An SVG may stand there as the text it is. The
    bytes themselves say that they are an image.

    Raises:
        ProtocolError: It is no image.
    """
    head = _DATA_HEAD.match(text)
    payload = text[head.end() :] if head else text
    for reading in (_from_base64, unquote_to_bytes if head else str.encode):
        with suppress(ValueError):
            data = reading(payload)
            if media_type(data):
                return data
    msg = f"The image is none, in base64 or as it is: {shown(text)}"
    raise ProtocolError(msg, pointer=pointer)


def _from_base64(payload: str) -> bytes:
    """The bytes of base64.

    Raises:
        ValueError: It is not base64.
    """
    if (data := lifted(payload.strip())) is not None:
        return data
    payload = restored(payload)
    try:
        return pybase64.b64decode(payload, validate=True)
    except ValueError:
        # A NUL behind it, as C writes texts, has become a replacement character by now.
        plain = payload.strip('\N{REPLACEMENT CHARACTER}\ufeff\u200b\xa0"')
        plain = unquote(plain) if "%" in plain else plain
        plain = _ESCAPED.sub("", plain) if "\\" in plain else plain
        body = plain.encode("ascii").translate(_STANDARD, _BETWEEN).rstrip(b"=")
        return pybase64.b64decode(body + b"=" * (-len(body) % 4), validate=True)


_SUCCESS = range(200, 300)
_MAX_KEPT = 16 * 1024  # characters: what is longer holds what is not kept
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9.-]*[a-z0-9](?:/[^\s\ufffd]*)?", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s/\ufffd][^\s\ufffd]*", re.IGNORECASE)
_DATA_HEAD = re.compile(r"[\s\0]*+data:[^,]{0,500}+,", re.IGNORECASE)
_ESCAPED = re.compile(r"\\[rnt]|\\(?=/)")  # of JSON that was put into JSON
_STANDARD = bytes.maketrans(b"-_", b"+/")
_BETWEEN = b"\0 \t\r\n\v\f"


# ---------------------------------------------------------------------- the pieces


_MESSAGES = (Response, ServerSentEvent, Delivery)


def _text(message: Message | bytes | str | None) -> str:
    match message:
        case None:
            return ""
        case str():
            return message
        case ServerSentEvent():
            return message.content.text.decode("utf-8", "surrogatepass")
        case _:
            body = message if isinstance(message, bytes) else message.content.text
            return body.decode(json.detect_encoding(body), "replace")


def _status(message: object) -> int | None:
    return message.status if isinstance(message, Response) else None


def _pruned(item: object) -> object:
    """A JSON value without the fields of its objects that are at None."""
    if isinstance(item, dict):
        return {key: _pruned(each) for key, each in item.items() if each is not None}
    return [_pruned(each) for each in item] if isinstance(item, list | tuple) else item


for _public in (ErrorObject, Id, decisive, from_json, redact, to_builtins, to_json):
    _public.__module__ = __name__  # where they are imported from
