"""The sandbox: providers served on loopback, made of nothing but their fixtures."""

from tintype_contracts.sandbox.engine.account import Account
from tintype_contracts.sandbox.engine.engine import Engine
from tintype_contracts.sandbox.engine.ledger import Entry, Ledger
from tintype_contracts.sandbox.engine.messages import Call, Reply, Stream, TimedEvent, Webhook
from tintype_contracts.sandbox.engine.state import Settings, State
from tintype_contracts.sandbox.faults.dial import KINDS, Fault, fault_from
from tintype_contracts.sandbox.serving.gates import POINTS, Gate, Point
from tintype_contracts.sandbox.serving.service import Sandbox

__all__ = [
    "KINDS",
    "POINTS",
    "Account",
    "Call",
    "Engine",
    "Entry",
    "Fault",
    "Gate",
    "Ledger",
    "Point",
    "Reply",
    "Sandbox",
    "Settings",
    "State",
    "Stream",
    "TimedEvent",
    "Webhook",
    "fault_from",
]
