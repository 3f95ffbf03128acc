"""How much is read at most: of a local image, and of an answer."""

from __future__ import annotations

import stat
from pathlib import Path

from tintype._excerpts import quoted
from tintype.errors import InvalidRequestError, ProtocolError

# The largest API answer: four images of 30 MB in base64 fit.
MAX_BYTES = 256 * 1024 * 1024


def read_reference(path: str) -> bytes:
    """The bytes of a local image.

    Raises:
        InvalidRequestError: There is no such file, or it cannot be read.
    """
    try:
        found = Path(path).stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            msg = f"it is no file of an image of at most {MAX_BYTES // 2**20} MiB"
            raise ValueError(msg)  # noqa: TRY301 - told as what the system says is
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"The reference {quoted(path)} cannot be read: {reason}."
        raise InvalidRequestError(msg, field="references") from error


def check_length(length: int) -> None:
    """Refuse an answer that no image explains.

    Raises:
        ProtocolError: It is larger than any documented answer.
    """
    if length > MAX_BYTES:
        msg = f"The answer is larger than {MAX_BYTES // 2**20} MiB."
        raise ProtocolError(msg)
