"""The checks that prove a plugin, a module for each group."""

from tintype_contracts.checks.registry import Check, Finding, NotApplicable, all_checks, check

__all__ = ["Check", "Finding", "NotApplicable", "all_checks", "check"]
