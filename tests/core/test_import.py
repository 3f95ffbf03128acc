"""What importing tintype costs: none of the libraries that only some callers need."""

from __future__ import annotations

import subprocess
import sys

import pytest

PLUGINS = ("cheapai", "openrouter", "apimodels", "apiin", "apiyi")
LATE = (
    *("urllib3", "aiohttp", "httpx", "httpx2", "rich", "click", "asyncio", "ssl"),
    *("imagesize", "filetype", "importlib.metadata", "email.utils", "sqlite3", "sqlalchemy"),
    *("tintype.async_client", "tintype._cli"),
    *(f"tintype_{name}" for name in PLUGINS),
)


def loaded(code: str) -> set[str]:
    """The modules there are after some code, in an interpreter of its own."""
    probe = f"import sys\n{code}\nprint(*sys.modules)"
    command = [sys.executable, "-W", "error", "-c", probe]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    return set(done.stdout.split())


def test_the_two_names_everybody_needs_import_nothing_slow() -> None:
    """No transport, no command line, no event loop, no plugin."""
    assert loaded("from tintype import Client, ImageRequest").isdisjoint(LATE)


def test_a_client_imports_its_transport_when_it_sends() -> None:
    """Making one costs nothing more; an account asks its plugin which variables it reads."""
    made = "from tintype import Client\nclient = Client(environ={})\n"
    late = {"urllib3", "aiohttp", *(f"tintype_{name}" for name in PLUGINS)}
    assert loaded(made).isdisjoint(late)
    assert loaded(f"{made}client.account('cheapai')") & late == {"tintype_cheapai"}


def test_only_the_plugin_that_is_used_is_imported() -> None:
    """The other four stay on the disk."""
    code = (
        "from tintype import Client, ImageRequest\n"
        "Client(environ={}).quote(ImageRequest(prompt='a fox'), provider='apiin')"
    )
    plugins = {name for name in loaded(code) if name.startswith("tintype_") and "." not in name}
    assert plugins == {"tintype_apiin"}


def test_the_async_client_comes_without_the_sync_transport() -> None:
    """And without aiohttp, until it sends."""
    found = loaded("from tintype import AsyncClient")
    assert "asyncio" in found
    assert found.isdisjoint({"urllib3", "aiohttp", "httpx", "rich", "click"})


def test_the_package_alone_imports_no_library() -> None:
    """Nor its own modules: each comes with the first use of one of its names."""
    assert loaded("import tintype").isdisjoint({"attrs", "attr", "cattrs", "tintype.errors"})
    assert "tintype.models" in loaded("import tintype\ntintype.Task")
    assert "tintype.errors" in loaded("import tintype\ntintype.errors")


@pytest.mark.parametrize(
    ("arguments", "late"),
    [
        (["--help"], {"attrs", "attr", "decimal", "tintype_contracts", "tintype.models"}),
        (["quote", "--help"], {"rich.table", "sqlalchemy"}),
        (["contracts", "--help"], {"hypothesis", "attr", "tintype.models"}),
        (["sandbox", "--help"], {"PIL", "attr", "tintype.models"}),
    ],
)
def test_the_help_of_the_command_line_comes_without_the_rest(
    arguments: list[str], late: set[str]
) -> None:
    """No transport and no plugin for a page of text."""
    code = f"from tintype._cli import main\ntry:\n    main({arguments})\nexcept SystemExit: ..."
    found = loaded(code)
    assert found.isdisjoint({"urllib3", "aiohttp", "httpx", *late})
    assert found.isdisjoint({f"tintype_{name}" for name in PLUGINS})


@pytest.mark.parametrize("name", ["Nothing", "_Nothing", "asyncclient"])
def test_a_name_that_is_not_there_is_an_attribute_error(name: str) -> None:
    """The lazy names do not swallow the others."""
    import tintype  # noqa: PLC0415 - the module itself is looked at

    with pytest.raises(AttributeError, match=name):
        getattr(tintype, name)


def test_every_public_name_is_there() -> None:
    """`__all__` promises nothing that is missing."""
    import tintype  # noqa: PLC0415 - the module itself is looked at

    assert [name for name in tintype.__all__ if not hasattr(tintype, name)] == []
