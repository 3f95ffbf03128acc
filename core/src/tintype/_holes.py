"""Names in braces, such as `{region}`: what somebody else fills in."""

from __future__ import annotations

import re

HOLE = re.compile(r"\{(\w+)\}")
