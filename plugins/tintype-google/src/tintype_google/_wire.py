"""The Gemini API's JSON, in its own words (https://ai.google.dev/api/generate-content)."""

from __future__ import annotations

from attrs import frozen

from tintype.messages import JsonObject


@frozen(kw_only=True)
class Generate:
    """The body of `:generateContent`: a conversation, here of one turn."""

    contents: tuple[JsonObject, ...]
    generationConfig: JsonObject | None = None


@frozen(kw_only=True)
class Parameters:
    """What Imagen takes beside its prompt."""

    sampleCount: int
    aspectRatio: str | None = None
    imageSize: str | None = None


@frozen(kw_only=True)
class Blob:
    """An image in base64, and what kind it is."""

    mimeType: str | None = None
    data: str | None = None


@frozen(kw_only=True)
class Part:
    """A piece of an answer. What the model thinks, interim pictures too, is a `thought`."""

    text: str | None = None
    inlineData: Blob | None = None
    thought: bool = False


@frozen(kw_only=True)
class Content:
    """A turn of a conversation; it may be empty."""

    parts: tuple[Part | None, ...] = ()


@frozen(kw_only=True)
class Candidate:
    """One answer, and why it ended."""

    content: Content | None = None
    finishReason: str | None = None
    finishMessage: str | None = None


@frozen(kw_only=True)
class Feedback:
    """What became of the prompt: why it was blocked, if it was."""

    blockReason: str | None = None


@frozen(kw_only=True)
class Counted:
    """The tokens."""

    promptTokenCount: int | None = None
    candidatesTokenCount: int | None = None
    totalTokenCount: int | None = None


@frozen(kw_only=True)
class Prediction:
    """One picture of Imagen's, or why there is none."""

    bytesBase64Encoded: str | None = None
    mimeType: str | None = None
    raiFilteredReason: str | None = None


@frozen(kw_only=True)
class Status:
    """`google.rpc.Status`, with the name of its code."""

    message: str | None = None
    status: str | None = None
    details: tuple[JsonObject | None, ...] = ()


@frozen(kw_only=True)
class GenerateContentResponse:
    """An answer of either method, or an error."""

    candidates: tuple[Candidate | None, ...] | None = None
    promptFeedback: Feedback | None = None
    usageMetadata: Counted | None = None
    predictions: tuple[Prediction | None, ...] | None = None
    error: Status | None = None
