"""Every check as a pytest item, for a provider that the command line names.

pytest -p tintype_contracts.pytest_plugin --pyargs tintype_contracts.suite --provider acme
"""

from __future__ import annotations

import pytest

from tintype_contracts.check import Check
from tintype_contracts.checks import all_checks
from tintype_contracts.pytest_plugin import provider_of, show


@pytest.mark.parametrize("check", [pytest.param(check, id=check.id) for check in all_checks()])
def test_check(check: Check, request: pytest.FixtureRequest) -> None:
    """The plugin keeps this rule."""
    show(check, provider_of(request.config))
