"""What an HTTP status that a provider does not document means for money, a reason a row.

Only a status whose definition says that the request was not processed is believed to have cost
nothing. What a server, or a gateway before it, may send after the work was done is unknown.
A provider's own table comes first; a status that stands in neither is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple


class Meaning(NamedTuple):
    """What is known of a status.

    Attributes:
        outcome: `rejected` where nothing was processed, and so nothing billed.
        reason: Why, as words behind the status.
    """

    outcome: Literal["rejected", "unknown"]
    reason: str


STATUSES: Mapping[int, Meaning] = {
    # RFC 9110, 15.5 and 15.6, unless the row names another document.
    405: Meaning("rejected", "the address does not take this method"),
    406: Meaning("rejected", "it has no answer of the kind that was asked for"),
    407: Meaning("rejected", "a proxy wants credentials of its own"),
    408: Meaning("unknown", "it waited too long for the request, or for what was behind it"),
    411: Meaning("rejected", "it takes no request without a length"),
    413: Meaning("rejected", "the request is larger than it takes"),
    414: Meaning("rejected", "the address is longer than it takes"),
    415: Meaning("rejected", "it does not take a body of this type"),
    417: Meaning("rejected", "it does not meet what the request expects"),
    421: Meaning("rejected", "the request reached a server that is not meant for it"),
    426: Meaning("rejected", "it wants another protocol first"),
    428: Meaning("rejected", "it takes conditional requests only: RFC 6585, 3"),
    431: Meaning("rejected", "the headers are larger than it takes: RFC 6585, 5"),
    500: Meaning("unknown", "it failed, at whichever point"),
    501: Meaning("rejected", "it cannot do what the method asks for"),
    502: Meaning("unknown", "what is behind the gateway gave no good answer, and may have worked"),
    503: Meaning("unknown", "it is overloaded, or what is behind it is, and may have begun"),
    504: Meaning("unknown", "what is behind the gateway may still be at work"),
    505: Meaning("rejected", "it does not speak this version of HTTP"),
    511: Meaning("rejected", "a network in between wants a login first: RFC 6585, 6"),
    # Cloudflare's, for what stands behind it (its documents on 5xx errors).
    520: Meaning("unknown", "the origin gave the gateway an answer it cannot read"),
    521: Meaning("rejected", "the origin refused the gateway's connection"),
    522: Meaning("unknown", "the origin did not answer the gateway in time"),
    523: Meaning("rejected", "the gateway cannot reach the origin"),
    524: Meaning("unknown", "the origin has the request, and did not answer the gateway in time"),
    530: Meaning("rejected", "the gateway cannot find the origin"),
}
