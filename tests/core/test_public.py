"""What is public: where it is found, and what it says of itself."""

from __future__ import annotations

import inspect
from pydoc import plaintext, render_doc

import pytest
from attrs import fields_dict
from tests.workspace.reference import public_modules, public_names

import tintype
from tintype import AsyncClient, Client
from tintype._client.options import Keywords, Options
from tintype.errors import InvalidRequestError

CLIENTS = pytest.mark.parametrize("client", [Client, AsyncClient])


def test_what_is_public_bears_the_name_of_a_public_module() -> None:
    """Nobody reads in a traceback, or in `help`, of a module that is not to be imported."""
    private = {
        f"{module.__name__}.{name}": where
        for module in public_modules()
        for name, value in public_names(module).items()
        if (where := str(getattr(value, "__module__", ""))).startswith("tintype") and "._" in where
    }
    assert private == {}


def test_what_the_package_offers_is_what_its_modules_do() -> None:
    """`tintype.__all__` is a choice of the public modules' names, and no list of its own."""
    listed = {name for module in public_modules()[1:] for name in public_names(module)}
    assert set(tintype.__all__) - listed == {"ObservedCall", "Observation", "Observer"}


@CLIENTS
def test_the_help_of_a_client_tells_every_option(client: type) -> None:
    """Its name and default in the signature, and what it is for below."""
    page = render_doc(client, renderer=plaintext)
    for name, option in fields_dict(Options).items():
        assert f"    {name}: " in page
        default = inspect.signature(client).parameters[name].default
        assert default == option.default


def test_the_help_of_both_clients_is_one() -> None:
    """Each method of the async client tells what its twin does."""
    names = [name for name in vars(Client) if not name.startswith("_")]
    for name in names:
        assert getattr(AsyncClient, name).__doc__ == getattr(Client, name).__doc__
    assert len(names) > 10


def test_an_option_is_given_and_kept() -> None:
    """It stands in both lists, or in none."""
    assert Keywords.__annotations__.keys() == fields_dict(Options).keys()


@CLIENTS
def test_a_keyword_that_is_no_option_is_refused(client: type) -> None:
    """By a name that is nearly one, too."""
    with pytest.raises(InvalidRequestError, match="jurnal is no option of a client"):
        client(environ={}, jurnal="a.db")
