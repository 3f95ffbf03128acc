"""The fault grid: every provider, every fault, both clients; judged by the sandbox's ledger."""

from tintype_contracts.faultgrid.cells import Cell, Verdict
from tintype_contracts.faultgrid.rows import ROWS, Row
from tintype_contracts.faultgrid.running import run_grid
from tintype_contracts.faultgrid.table import Grid

__all__ = ["ROWS", "Cell", "Grid", "Row", "Verdict", "run_grid"]
