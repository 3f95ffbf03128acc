"""The fault grid, printed: `python -m tests.faults.grid [PROVIDER …]`.

Exit status: 0 every promise was kept; 1 one was broken, or a fault did not happen, so that its
cell proves nothing.
"""

from __future__ import annotations

import sys

from tests.faults.grid.running import run_grid

from tintype_contracts import installed

grid = run_grid(sys.argv[1:] or installed())
sys.stdout.write(f"{grid.as_text()}\n")
sys.exit(1 if grid.broken or grid.idle else 0)
