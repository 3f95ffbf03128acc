"""Content codings: undone alike in both clients, piece by piece, and never guessed at."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.acme import SAME_EVERY_TIME
from tests.core.loopback import Loopback, answer, chunked
from tests.core.wires import OWN, Wire, get, wires

from tintype.errors import DroppedError
from tintype.transports._codings import decoder

TEXT = b"all the king's horses " * 500
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
BARE = RAW.compress(TEXT) + RAW.flush()
ZIPPED = gzip.compress(TEXT, mtime=0)

CODED = {
    "gzip": ("gzip", ZIPPED, TEXT),
    "x-gzip": ("x-gzip", ZIPPED, TEXT),
    "in-capitals": ("GZip", ZIPPED, TEXT),
    "twice": ("gzip, gzip", gzip.compress(ZIPPED), TEXT),
    "of-two-kinds": ("deflate, gzip", gzip.compress(zlib.compress(TEXT)), TEXT),
    "zeros-behind": ("gzip", ZIPPED + b"\0" * 700, TEXT),
    "something-behind": ("gzip", ZIPPED + b"hello", TEXT),
    "two-members": ("gzip", ZIPPED + ZIPPED, TEXT + TEXT),
    "deflate": ("deflate", zlib.compress(TEXT), TEXT),
    "bare-deflate": ("deflate", BARE, TEXT),
    "identity": ("identity", TEXT, TEXT),
    "said-to-be-nothing": ("", TEXT, TEXT),
    "empty-body": ("gzip", b"", b""),
    "nothing-in-it": ("gzip", gzip.compress(b""), b""),
}


@pytest.mark.parametrize(("name", "packed", "plain"), CODED.values(), ids=CODED)
@pytest.mark.parametrize("step", [1, 7, 1_000_000])
def test_a_coding_is_undone(name: str, packed: bytes, plain: bytes, step: int) -> None:
    """However the bytes are cut."""
    coding = decoder((("Content-Encoding", name),))
    pieces = [packed[each : each + step] for each in range(0, len(packed), step)]
    assert b"".join(out for each in pieces for out in coding.feed(each)) == plain
    coding.check_end()


@wires(OWN)
@pytest.mark.parametrize(("name", "packed", "plain"), CODED.values(), ids=CODED)
def test_both_clients_undo_it(
    wire: Wire, server: Loopback, name: str, packed: bytes, plain: bytes
) -> None:
    """With a length, and in chunks."""
    headers = [("Content-Encoding", name)]
    cut = [packed[each : each + 50] for each in range(0, len(packed), 50)]
    server.on("*", answer(packed, headers=headers), chunked(*cut, headers=headers))
    for _ in range(2):
        assert wire.exchange(get(f"{server.url}/x")).body == plain
    assert server.accepted == 1


@wires(OWN)
@pytest.mark.parametrize("name", ["br", "zstd", "gzip, br", "compress", ",".join(["gzip"] * 6)])
def test_a_coding_nobody_asked_for_is_named(wire: Wire, server: Loopback, name: str) -> None:
    """What it says cannot be read, and is not taken for something else."""
    server.on("*", answer(TEXT, headers=[("Content-Encoding", name)]))
    with pytest.raises(DroppedError, match="Content-Encoding is"):
        wire.exchange(get(f"{server.url}/x"))


@wires(OWN)
def test_a_refusal_in_an_unknown_coding_is_still_a_refusal(wire: Wire, server: Loopback) -> None:
    """Its status says enough."""
    server.on("*", answer(TEXT, status=401, headers=[("Content-Encoding", "br")]))
    assert wire.exchange(get(f"{server.url}/x")).status == 401


@wires(OWN)
@pytest.mark.parametrize(
    "packed", [ZIPPED[:-9], ZIPPED[:-1], ZIPPED[:5], ZIPPED + ZIPPED[:30], b"plain text"]
)
def test_a_body_that_ends_too_early_or_is_damaged_was_dropped(
    wire: Wire, server: Loopback, packed: bytes
) -> None:
    """Also where the length was met: half a picture is none."""
    server.on("*", answer(packed, headers=[("Content-Encoding", "gzip")]), answer(b"next"))
    with pytest.raises(DroppedError):
        wire.exchange(get(f"{server.url}/1"))
    assert wire.exchange(get(f"{server.url}/2")).body == b"next"


def test_pieces_are_small() -> None:
    """However much a few bytes unpack to, whoever reads may stop in between."""
    bomb = gzip.compress(gzip.compress(b"\0" * 50_000_000))
    sizes = [len(each) for each in decoder((("Content-Encoding", "gzip, gzip"),)).feed(bomb)]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= 256 * 1024


@given(st.sampled_from(["gzip", "deflate", "gzip, deflate"]), st.lists(st.binary(), max_size=8))
@SAME_EVERY_TIME
def test_any_bytes_give_bytes_or_a_dropped_connection(name: str, pieces: list[bytes]) -> None:
    """No other error, whatever a server sends."""
    coding = decoder((("Content-Encoding", name),))
    try:
        for each in pieces:
            assert all(coding.feed(each))
        coding.check_end()
    except DroppedError:
        pass
