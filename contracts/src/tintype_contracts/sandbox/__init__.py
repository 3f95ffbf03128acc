"""The sandbox: providers served on loopback, made of nothing but their fixtures."""

from tintype_contracts.sandbox.account import Account, Charge
from tintype_contracts.sandbox.engine import Engine
from tintype_contracts.sandbox.messages import Call, Reply, Stream, TimedEvent, Webhook
from tintype_contracts.sandbox.service import Sandbox
from tintype_contracts.sandbox.state import Settings, State

__all__ = [
    "Account",
    "Call",
    "Charge",
    "Engine",
    "Reply",
    "Sandbox",
    "Settings",
    "State",
    "Stream",
    "TimedEvent",
    "Webhook",
]
