"""What every provider of OpenAI's image dialect shares: asking by a form, and reading answers.

A plugin makes one `Dialect` of its own facts, and its `parse` is the dialect's. Nothing here
names a provider's address, model or price.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, TypeAlias

from attrs import evolve, frozen

from tintype.catalog import ProviderInfo
from tintype.convert import (
    ended,
    failure,
    is_done,
    is_refusal,
    peek,
    picture,
    pictures,
    preview,
    read,
    translate,
)
from tintype.errors import Billed, ProtocolError, ProviderError, TintypeError, refusal
from tintype.exchange import Exchange, Message, Operation
from tintype.messages import MultipartBody, Part, Response, ServerSentEvent
from tintype.models import Cost, Failure, Image, TaskState, Update
from tintype.models import Usage as Counted
from tintype.request import Reference, Submission
from tintype_openai_dialect.wire import Error, Event, ImagesResponse, Item, Refusal, Usage

__all__ = ["Dialect", "form"]

_FAULTS = 500  # from here on nobody says whether it is billed
_UNNAMED = "message"  # an event without a name (WHATWG)
_SIZE = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})")
_MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_Asked: TypeAlias = Submission | None
_Step: TypeAlias = Callable[["Dialect", Update, Event, _Asked], Update]


def form(fields: Mapping[str, object], references: tuple[Reference, ...]) -> MultipartBody:
    """An edit as a form: fields as text, pictures as files in `image[]`, a mask in `mask`."""
    return MultipartBody(parts=tuple(_parts(fields, references)))


def _parts(fields: Mapping[str, object], references: tuple[Reference, ...]) -> Iterator[Part]:
    for name, value in fields.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield Part(name=name, data=text.encode())
    for each in references:
        name = "mask" if each.role == "mask" else "image[]"
        file = each.name or f"{each.role}.{each.media_type.rpartition('/')[2] or 'png'}"
        yield Part(name=name, data=each.data or b"", filename=file, media_type=each.media_type)


def _bill_by_nothing(_request: _Asked, _usage: Usage) -> Cost | None:
    return None


def _never(_status: int, _error: Error) -> bool:
    return False


def _by_status(_status: int, _error: Error) -> type[ProviderError] | None:
    return None


@frozen(kw_only=True)
class Dialect:
    """How one provider speaks the dialect.

    Attributes:
        info: The provider; its `moderation` tells what moderation refused.
        refusals: What each documented HTTP status means.
        meant: What an error says other than its status, or None.
        moderated: Whether an HTTP error is moderation's, beside what `info.moderation` tells.
        refused_billed: Who pays for what moderation refused.
        cost: What was billed, by what was counted, or None where nobody can say.
    """

    info: ProviderInfo
    refusals: Mapping[int, type[ProviderError]]
    meant: Callable[[int, Error], type[ProviderError] | None] = _by_status
    moderated: Callable[[int, Error], bool] = _never
    refused_billed: Billed = Billed.UNKNOWN
    cost: Callable[[_Asked, Usage], Cost | None] = _bill_by_nothing

    def parse(self, exchange: Exchange) -> Update:
        """A task that has ended, or its snapshot after one event of a stream.

        Raises:
            TintypeError: It was refused, or cannot be read.
        """
        update, message = Update.of(exchange.task), exchange.message
        match exchange.operation:
            case Operation.EVENT:
                return self._event(update, message, exchange.request)
            case Operation.END:
                return update  # its state was settled by the event that says so, if there was one
            case _ if is_refusal(message):
                return self._refused(update, message)
            case _:
                return self._answer(message, exchange.request)

    # ----------------------------------------------------------------- a whole answer

    def _answer(self, message: Message | None, request: _Asked) -> Update:
        """The task of a complete answer, whose images may each have failed."""
        answer, raw = read(message, ImagesResponse)
        images, errors = pictures(answer.data or (), self._picture, "/data")
        update = Update(images=images, errors=errors, raw=raw)
        if answer.error is not None:
            update = self._failed(update, answer.error)
        if not update.images and not update.errors:
            msg = "The answer is a success and holds no image."
            raise ProtocolError(msg, pointer="/data")
        return self._ended(update, answer.usage, request)

    def _picture(self, item: Item, index: int) -> Image | Failure:
        """The picture of an item, or the failure in its place."""
        image = _image(item, index)
        if image is None and item.error is None:
            msg = "An item has neither a picture nor an error."
            raise ProtocolError(msg, pointer=f"/data/{index}")
        return image or self._failure(item.error or Error(), index)

    def _ended(self, update: Update, counted: Usage | None, request: _Asked) -> Update:
        """The task at its end: what its images and failures amount to, and what they cost."""
        usage = counted or Usage()
        state = ended(update.images, update.errors)
        return evolve(
            update,
            state=state,
            billed=self._billed(state, usage),
            usage=None if counted is None else _counts(counted),
            cost=self.cost(request, usage),
        )

    def _billed(self, state: TaskState, usage: Usage) -> Billed:
        """Images are billed; of all else `generated_images` tells, where it is counted."""
        if state in {TaskState.SUCCEEDED, TaskState.PARTIAL}:
            return Billed.YES
        if (usage.generated_images or 0) > 0:  # counted, and kept back or not understood
            return Billed.UNKNOWN if state is TaskState.UNKNOWN else Billed.YES
        if usage.generated_images == 0:
            return Billed.NO
        return self.refused_billed if state is TaskState.REFUSED else Billed.UNKNOWN

    # ----------------------------------------------------------------------- a stream

    def _event(self, update: Update, message: Message | None, request: _Asked) -> Update:
        """The task after one event, which its `type` tells apart."""
        if is_done(message):
            return update
        event, raw = read(message, Event)
        named = message.event if isinstance(message, ServerSentEvent) else _UNNAMED
        kind = event.type or named
        if kind.strip().casefold() not in self._STEPS and event.error is not None:
            kind = "error"
        if kind == _UNNAMED and event.data is not None:  # an answer that is no stream
            return self._answer(message, request)
        step = translate(kind, self._STEPS, "/type")
        return step(self, evolve(update, raw=raw), event, request)

    def _drawn(self, update: Update, event: Event, _request: _Asked) -> Update:
        """One image; without an index of its own it is the next one."""
        image = _image(event, _index(update, event))
        if image is None:
            msg = "The event says that an image is drawn, and holds none."
            raise ProtocolError(msg, pointer="/url")
        return evolve(update, images=(*update.images, image))

    def _lost(self, update: Update, event: Event, _request: _Asked) -> Update:
        """The failure of one image."""
        return self._failed(update, event.error, _index(update, event))

    def _previewed(self, update: Update, event: Event, _request: _Asked) -> Update:
        """An unfinished image."""
        sketch = preview(event.b64_json or event.url, "/b64_json")
        if sketch is None:
            return update
        placed = evolve(_typed(sketch, event), index=event.partial_image_index or 0)
        return evolve(update, previews=(*update.previews, placed))

    def _completed(self, update: Update, event: Event, request: _Asked) -> Update:
        """The end: usage, and with OpenAI the image as well."""
        image = _image(event, len(update.images))
        if image is not None:
            update = evolve(update, images=(*update.images, _typed(image, event)))
        return self._ended(update, event.usage, request)

    def _broken(self, update: Update, event: Event, request: _Asked) -> Update:
        """The whole request failed; images that came before are kept."""
        return self._ended(self._failed(update, event.error), event.usage, request)

    _STEPS: ClassVar[Mapping[str, _Step]] = {
        "image_generation.partial_succeeded": _drawn,
        "image_generation.partial_failed": _lost,
        "image_generation.partial_image": _previewed,
        "image_generation.completed": _completed,
        "image_edit.partial_image": _previewed,
        "image_edit.completed": _completed,
        "error": _broken,
    }

    # --------------------------------------------------------------- what went wrong

    def _failed(self, update: Update, error: Error | None, index: int | None = None) -> Update:
        """The task with one failure more, of one image or of the whole."""
        return evolve(update, errors=(*update.errors, self._failure(error or Error(), index)))

    def _failure(self, error: Error, index: int | None = None) -> Failure:
        refused = self.info.is_moderation(error.code, error.message)
        return evolve(failure(error.message, error.code, index), refused=refused)

    def _refused(self, update: Update, response: Response) -> Update:
        """A request that moderation refused.

        Raises:
            TintypeError: It was refused for any other reason.
        """
        error = peek(response, Refusal()).error
        if error is None or not (
            self.info.is_moderation(error.code, error.message)
            or self.moderated(response.status, error)
        ):
            raise self._refusal(response, error or Error())
        errors = (evolve(self._failure(error), refused=True),)
        raw = read(response, Refusal)[1]
        billed = self.refused_billed
        return evolve(update, state=TaskState.REFUSED, errors=errors, billed=billed, raw=raw)

    def _refusal(self, response: Response, error: Error) -> TintypeError:
        """The error of an HTTP status. What was refused before it was begun is not billed."""
        meant = self.meant(response.status, error)
        kinds = self.refusals if meant is None else {**self.refusals, response.status: meant}
        billed = Billed.NO if response.status < _FAULTS else Billed.UNKNOWN
        found = refusal(response.status, kinds, error.message, error.code, billed=billed)
        if isinstance(found, ProviderError):
            found.request_id = response.header("x-request-id") or ""
        return found


def _image(item: Item, index: int) -> Image | None:
    """The picture of an item; where both stand in one, the URL wins."""
    if not item.url and not item.b64_json:
        return None
    size = _SIZE.fullmatch(item.size or "")
    width, height = (int(size[1]), int(size[2])) if size else (None, None)
    told, at = (item.url, item.b64_json), f"/data/{index}"
    return picture(*told, pointer=at, width=width, height=height, index=index)


def _typed(image: Image, event: Event) -> Image:
    return evolve(image, media_type=_MEDIA_TYPES.get(event.output_format or "", ""))


def _index(update: Update, event: Event) -> int:
    count, told = len(update.images) + len(update.errors), event.image_index
    return count if told is None or told < 0 else told


def _counts(told: Usage) -> Counted:
    return Counted(
        images=told.generated_images,
        prompt_tokens=told.input_tokens,
        completion_tokens=told.output_tokens,
        total_tokens=told.total_tokens,
    )
