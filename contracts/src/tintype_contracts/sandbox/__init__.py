"""The sandbox: providers served on loopback, made of nothing but their fixtures."""

from tintype_contracts.sandbox.engine.account import Account
from tintype_contracts.sandbox.engine.engine import Engine
from tintype_contracts.sandbox.engine.ledger import Ledger, LedgerEvent
from tintype_contracts.sandbox.engine.messages import (
    SandboxRequest,
    Stream,
    TimedEvent,
    Webhook,
    WholeResponse,
)
from tintype_contracts.sandbox.engine.state import Settings, State
from tintype_contracts.sandbox.faults.dial import KINDS, Fault, fault_from
from tintype_contracts.sandbox.serving.gates import POINTS, Gate, Point
from tintype_contracts.sandbox.serving.service import Sandbox

__all__ = [
    "KINDS",
    "POINTS",
    "Account",
    "Engine",
    "Fault",
    "Gate",
    "Ledger",
    "LedgerEvent",
    "Point",
    "Sandbox",
    "SandboxRequest",
    "Settings",
    "State",
    "Stream",
    "TimedEvent",
    "Webhook",
    "WholeResponse",
    "fault_from",
]
