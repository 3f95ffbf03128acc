"""One version, wherever it is written."""

from importlib.metadata import version

import tintype
from tintype._keys.dispatch import USER_AGENT


def test_the_user_agent_tells_the_version() -> None:
    """What servers are told is what is installed."""
    assert f"tintype/{version('tintype')}" == USER_AGENT


def test_the_package_tells_its_version() -> None:
    """As every package does."""
    assert tintype.__version__ == version("tintype")
