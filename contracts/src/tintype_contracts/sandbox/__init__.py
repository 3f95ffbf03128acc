"""The sandbox: providers served on loopback, made of nothing but their fixtures."""

from tintype_contracts.sandbox.account import Account
from tintype_contracts.sandbox.dial import KINDS, Fault, fault_from
from tintype_contracts.sandbox.engine import Engine
from tintype_contracts.sandbox.gates import POINTS, Gate, Point
from tintype_contracts.sandbox.ledger import Entry, Ledger
from tintype_contracts.sandbox.messages import Call, Reply, Stream, TimedEvent, Webhook
from tintype_contracts.sandbox.service import Sandbox
from tintype_contracts.sandbox.state import Settings, State

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
