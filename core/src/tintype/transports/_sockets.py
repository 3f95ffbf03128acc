"""What every socket of tintype's own transports is told."""

from __future__ import annotations

import socket

# How long a connection may have been idle, in seconds, before another exchange begins on it.
# Balancers and NATs forget one without a word; a submission on it would end as unknown.
LONGEST_IDLE = 15.0

# Seconds of silence before the system asks whether the other side is there, seconds between
# such questions, and how many of them: a NAT may forget a connection after two minutes, and a
# provider that draws says nothing for five.
_QUESTIONS = (
    (("TCP_KEEPIDLE", "TCP_KEEPALIVE"), 45),
    (("TCP_KEEPINTVL",), 15),
    (("TCP_KEEPCNT",), 8),
)


def _options() -> tuple[tuple[int, int, int], ...]:
    found = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for names, value in _QUESTIONS:  # they are called differently, or missing, here and there
        option = next((getattr(socket, name) for name in names if hasattr(socket, name)), None)
        if option is not None:
            found.append((socket.IPPROTO_TCP, option, value))
    return tuple(found)


KEEP_ALIVE = _options()
