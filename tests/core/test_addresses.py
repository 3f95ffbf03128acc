"""Addresses: results come from the public internet, or from where the account says."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import easel
from tests.core.acme import SAME_EVERY_TIME
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, answer
from tests.core.pictures import PNG

from tintype import Account, Client, Image, Task, TaskState
from tintype._http.addresses import is_public, names_a_private_host
from tintype._keys.dispatch import fetch_request
from tintype.errors import DownloadError
from tintype.transports.urllib3 import Urllib3Transport

Artist = Callable[..., Client]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",  # noqa: S104 - an address among others
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",  # the metadata of most clouds
        "100.64.0.1",  # carriers; 100.100.100.200 is the metadata of one cloud
        "100.100.100.200",
        "192.0.0.192",  # the metadata of another
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::2",
        "::127.0.0.1",  # as IPv6 once wrapped IPv4
        "4000::1",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",  # metadata over IPv6
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",  # 6to4 around 127.0.0.1
        "2002:a9fe:a9fe::",
        "64:ff9b::7f00:1",  # NAT64 around 127.0.0.1
        "64:ff9b::a9fe:a9fe",
        "localhost",
        "",
        "1.2.3",
        "0x7f000001",
    ],
)
def test_an_address_of_no_public_network_is_told(address: str) -> None:
    """Loopback, private, link-local, metadata, reserved: also wrapped in IPv6."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"],
)
def test_an_address_of_the_public_internet_is_told(address: str) -> None:
    """Also one that IPv6 wraps."""
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "printer.local",
        "metadata.google.internal",
        "router.home.arpa",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "192.168.0.1",
        "",
    ],
)
def test_a_host_that_is_private_as_written_is_told(host: str) -> None:
    """However somebody spells it."""
    assert names_a_private_host(f"https://{host}/1.png")


@pytest.mark.parametrize(
    "host", ["cdn.acme.test", "8.8.8.8", "[2606:4700::1111]", "x.local.test", "0xcafe.test"]
)
def test_a_host_that_may_be_public_is_let_through(host: str) -> None:
    """What its name resolves to is seen when it is called."""
    assert not names_a_private_host(f"https://{host}/1.png") or host.startswith("0x")


@SAME_EVERY_TIME
@given(st.ip_addresses())
def test_every_address_is_one_or_the_other(address: object) -> None:
    """And what is loopback, link-local or private is never public."""
    public = is_public(str(address))
    for word in ("is_loopback", "is_link_local", "is_multicast", "is_unspecified", "is_reserved"):
        assert not (public and getattr(address, word) and not _is_wrapped(address))


def _is_wrapped(address: object) -> bool:
    return str(address).startswith(("64:ff9b::", "::ffff:"))


@SAME_EVERY_TIME
@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    """Never an exception of anybody else's."""
    assert is_public(text) in {True, False}


# -------------------------------------------------------------------- where connections are made


def at(url: str) -> Task:
    """A task whose image is there."""
    image = Image(url=url)
    return Task(provider="easel", id="p1", state=TaskState.SUCCEEDED, images=(image,))


def test_a_host_that_is_private_is_never_called(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """Not by its address, not by its name, not in another spelling."""
    server.on("*", answer(PNG, media_type="image/png"))
    client = artist()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        other.settimeout(0.0)
        for host in ("127.0.0.1", "localhost", "127.1", "[::1]", "2130706433"):
            for scheme in ("http", "https"):
                with pytest.raises(DownloadError, match="not one that is fetched"):
                    client.save(at(f"{scheme}://{host}:{port}/1.png"), tmp_path / "out")
        with pytest.raises(BlockingIOError):
            other.accept()
    assert server.requests == []


def test_a_name_that_resolves_to_a_private_address_is_given_up(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """Checked where the connection is made: this machine's own name is one of those."""
    name = socket.gethostname()
    try:
        found = {each[4][0] for each in socket.getaddrinfo(name, 443)}
    except OSError:
        found = set()
    if (
        not found
        or any(is_public(str(each)) for each in found)
        or names_a_private_host(f"https://{name}")
    ):
        pytest.skip(f"this machine's name {name!r} resolves to {found or 'nothing'}")
    client = connect(Account(provider="easel", key=KEY), plugins={"easel": easel})
    with pytest.raises(DownloadError):
        client.save(at(f"https://{name}:{server.port}/1.png"), tmp_path / "out")
    assert server.requests == []


def test_the_sync_transport_looks_at_the_address_it_reached(server: Loopback) -> None:
    """Whatever the name promised: not a byte is sent."""
    transport = Urllib3Transport()
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1"):
        transport.open(fetch_request(f"{server.url}/1.png", public_only=True), timeout=5)
    transport.close()
    assert server.requests == []


def test_an_account_may_trust_a_host(connect: Connect, server: Loopback, tmp_path: Path) -> None:
    """Its base URL's origin, and what it names, by plain http too; nothing else."""
    server.on("*", answer(PNG, media_type="image/png"))
    with Loopback() as other:
        other.on("*", answer(PNG, media_type="image/png"))
        account = Account(
            provider="easel", key=KEY, base_url=server.url, trusted_hosts=("127.0.0.1",)
        )
        client = connect(account, plugins={"easel": easel})
        (path,) = client.save(at(f"{server.url}/1.png"), tmp_path / "out")
        (second,) = client.save(at(f"{other.url}/1.png"), tmp_path / "out")
        assert second.read_bytes() == PNG
        with pytest.raises(DownloadError, match="trusted_hosts"):
            client.save(at(f"{other.url}/1.png".replace("127.0.0.1", "127.0.0.2")), tmp_path)
    assert path.read_bytes() == PNG
    assert all(request.header("authorization") is None for request in server.requests)
