"""One scene at a time against the live service, for money, and only when told so.

Everything here is fenced: a key and `TINTYPE_LIVE=1` in the environment, a budget that
the worst case of every submission must fit, a price that is known before it leaves, a
journal of their own that has it on disk before its first byte, and caps on submissions and
on attempts that nothing lifts. What is observed is redacted, and never takes the place of
what the documents say.
"""

from tintype_contracts.live.cassette import Recording
from tintype_contracts.live.consent import Consent, consent
from tintype_contracts.live.recorder import Observed, Tape
from tintype_contracts.live.session import Planned, Played, Session
from tintype_contracts.live.shapes import shape_changes
from tintype_contracts.live.spend_guard import Caps, Fence

__all__ = [
    "Caps",
    "Consent",
    "Fence",
    "Observed",
    "Planned",
    "Played",
    "Recording",
    "Session",
    "Tape",
    "consent",
    "shape_changes",
]
