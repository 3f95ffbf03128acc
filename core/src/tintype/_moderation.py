"""Moderation by its words: one table for all providers, beside what each documents."""

from __future__ import annotations

import re
from collections.abc import Collection

# Codes, compared without case and separators. OpenAI: moderation_blocked,
# content_policy_violation; Azure: content_filter; BytePlus ModelArk: …SensitiveContentDetected;
# Google: IMAGE_SAFETY, PROHIBITED_CONTENT; Alibaba: DataInspectionFailed; Black Forest Labs:
# "Request Moderated", "Content Moderated"; xAI: respect_moderation.
_CODES = frozenset(
    {
        "moderationblocked",
        "contentpolicyviolation",
        "contentfilter",
        "contentfiltered",
        "contentmoderation",
        "contentmoderated",
        "requestmoderated",
        "moderationfailed",
        "moderationerror",
        "imagesafety",
        "imageprohibitedcontent",
        "prohibitedcontent",
        "safetyviolation",
        "safetyviolations",
        "nsfwcontent",
        "nsfwdetected",
        "nsfwcontentdetected",
        "datainspectionfailed",
    }
)
_ENDING = "sensitivecontentdetected"  # in front of it stands which text or picture it was
_SEPARATORS = re.compile(r"[\W_]+")

# Prose that speaks of nothing else.
_PROSE = re.compile(
    r"content[ _-]policy|safety (system|filter|checker)|flagged (as|by|for)[ \w]{0,40}"
    r"(moderation|sensitive|unsafe|inappropriate|safety)|(blocked|rejected|refused) (by|due to)"
    r"[ \w]{0,40}(moderation|safety|content filter)|sensitive content|nsfw"
    # Violation; sensitive; not passed.
    r"|\u8fdd\u89c4|\u654f\u611f|\u5ba1\u6838(\u672a|\u4e0d)\u901a\u8fc7",
    re.IGNORECASE,
)
# A code within a body, as JSON or as text; xAI answers a picture with a flag beside it.
_QUOTED = re.compile(
    rb"moderation_blocked|content_policy_violation|SensitiveContentDetected|DataInspectionFailed"
    rb"|respect_moderation\W{1,8}false"
)
_LONGEST_CODE = 100
_LONGEST_PROSE = 4096


def is_moderation(code: str, message: str, documented: Collection[str] = ()) -> bool:
    """Whether an error is moderation's.

    Args:
        code: The provider's code, or "".
        message: The provider's words.
        documented: Codes and pieces of messages that the provider's own documents name.
    """
    said = f"{code[:_LONGEST_CODE]}\n{message[:_LONGEST_PROSE]}"
    folded = said.casefold()
    return (
        _is_code(code)
        or any(word.casefold() in folded for word in documented)
        or _PROSE.search(said) is not None
    )


def names_moderation(body: bytes) -> bool:
    """Whether a refusal's body holds a code of moderation, however deep it lies."""
    return _QUOTED.search(body[:_LONGEST_PROSE]) is not None


def _is_code(code: str) -> bool:
    plain = _SEPARATORS.sub("", code[:_LONGEST_CODE]).casefold()
    return plain in _CODES or plain.endswith(_ENDING)
