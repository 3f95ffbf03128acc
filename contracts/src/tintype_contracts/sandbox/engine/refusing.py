"""The reason of a refusal, told where the documents have the message.

A message with a placeholder in it, such as what is left on the account, tells the reason itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from tintype_contracts.fixtures.format import JsonContent, ResponseContent
from tintype_contracts.fixtures.placeholders import PLACEHOLDER
from tintype_contracts.fixtures.pointers import is_array

# Fields that hold what is said to people, the likeliest first.
_MESSAGES = ("message", "msg", "error_message", "detail", "error", "errors", "failMsg")


def with_reason(content: ResponseContent, reason: str) -> ResponseContent:
    """A refusal whose message is the reason; as it stands where it has no message."""
    if not isinstance(content, JsonContent):
        return content
    for name in _MESSAGES:
        if _holds(content.value, name):
            return JsonContent(value=_told(content.value, name, reason))
    return content


def _is_message(value: object) -> bool:
    """Whether it is said to people: a text, or a list of one."""
    if is_array(value):
        return len(value) == 1 and _is_message(value[0])
    return isinstance(value, str) and PLACEHOLDER.search(value) is None


def _holds(value: object, name: str) -> bool:
    match value:
        case Mapping():
            return _is_message(value.get(name)) or any(
                _holds(item, name) for item in value.values()
            )
        case _:
            return is_array(value) and any(_holds(item, name) for item in value)


def _told(value: object, name: str, reason: str) -> object:
    match value:
        case Mapping():
            said = {
                key: [reason] if is_array(item) else reason
                for key, item in value.items()
                if key == name and _is_message(item)
            }
            return {key: _told(item, name, reason) for key, item in value.items()} | said
        case _:
            return [_told(item, name, reason) for item in value] if is_array(value) else value
