"""Real pictures, as small as they come."""

from __future__ import annotations

import base64
import io

from PIL import Image


def drawn(kind: str = "png", color: str = "red", size: tuple[int, int] = (4, 3)) -> bytes:
    """An encoded image of one color."""
    made = io.BytesIO()
    Image.new("RGB", size, color).save(made, kind)
    return made.getvalue()


def in_base64(data: bytes) -> str:
    """Bytes as JSON carries them."""
    return base64.b64encode(data).decode("ascii")


PNG = drawn()
SVG = b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'
