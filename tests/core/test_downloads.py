"""Results: fetched without credentials, saved whole or not at all, under names that stay put."""

from __future__ import annotations

import logging
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme
from attrs import evolve
from tests.core import easel
from tests.core.acme import NOW
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Answer, Fault, Loopback, Pause, answer, head, zipped
from tests.core.pictures import PNG, SVG, drawn

from tintype import Account, Client, Generation, Image, ImageRequest, Quote, Task, TaskState
from tintype._client.downloads import Memory, fetching, saving
from tintype._client.keyed_results import Rules
from tintype._files import PartFile, sweep
from tintype._flow.effects import Fetch, Head, Sleep
from tintype._pacing import Clock
from tintype.errors import Billed, DownloadError, SaveError, TintypeError
from tintype.transports.httpx import HttpxTransport

Artist = Callable[..., Client]

INLINE = Image(data=PNG)
OVER = Task(
    provider="easel",
    model="oil-1",
    id="p1",
    state=TaskState.SUCCEEDED,
    request=ImageRequest(prompt="A red/panda: ../ \u202eastronaut!"),
)


def task_with(*images: Image) -> Task:
    """A task that has ended with these images."""
    return evolve(OVER, images=images)


def at(server: Loopback, path: str = "/1.png") -> Task:
    """A task whose image is there."""
    return task_with(Image(url=server.url + path))


def names(folder: Path) -> list[str]:
    """Every name in a folder, hidden ones among them."""
    return sorted(path.name for path in folder.iterdir())


# -------------------------------------------------------------------------- what is written


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        (drawn("png"), "png"),
        (drawn("jpeg"), "jpg"),
        (drawn("webp"), "webp"),
        (drawn("gif"), "gif"),
        (drawn("bmp"), "bmp"),
        (drawn("tiff"), "tif"),
    ],
)
def test_a_file_has_the_extension_of_its_content(
    artist: Artist, server: Loopback, tmp_path: Path, data: bytes, extension: str
) -> None:
    """Whatever the URL and the type in the answer say."""
    server.on("GET /1.png", answer(data, media_type="image/x-odd"))
    [path] = artist().save(at(server), tmp_path, name="x")
    assert path == tmp_path / f"x.{extension}"
    assert path.read_bytes() == data
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("data", [SVG, b"<svg/>", b"\xef\xbb\xbf <svg width='1'></svg>"])
def test_an_svg_is_known_by_its_content(artist: Artist, tmp_path: Path, data: bytes) -> None:
    """With or without a declaration, a comment and a mark of its encoding."""
    [path] = artist().save(Image(data=data), tmp_path, name="x")
    assert path.name == "x.svg"


@pytest.mark.parametrize(
    "said_by",
    [
        ("/1.png", "image/svg+xml", "image/png"),
        ("/1.SVG?x=1.png", "", "image/png"),
        ("/1.png", "image/png", "image/svg+xml; charset=utf-8"),
    ],
    ids=["provider", "url", "server"],
)
def test_an_svg_is_saved_where_somebody_said_so(
    artist: Artist, server: Loopback, tmp_path: Path, said_by: tuple[str, str, str]
) -> None:
    """The provider, the URL or the server."""
    path, claimed, served = said_by
    server.on("GET " + path.partition("?")[0], answer(SVG, media_type=served))
    task = task_with(Image(url=server.url + path, media_type=claimed))
    [saved] = artist().save(task, tmp_path, name="x")
    assert saved.name == "x.svg"
    assert saved.read_bytes() == SVG


@pytest.mark.parametrize("inline", [True, False])
def test_an_svg_that_nobody_spoke_of_is_refused(
    artist: Artist, server: Loopback, tmp_path: Path, *, inline: bool
) -> None:
    """It can hold scripts: it is neither saved nor given where a PNG was claimed."""
    server.on("GET /1.png", answer(SVG, media_type="image/png"))
    place = Image(data=SVG) if inline else Image(url=f"{server.url}/1.png")
    image, client = evolve(place, media_type="image/png"), artist()
    with pytest.raises(DownloadError, match="SVG"):
        client.save(task_with(image), tmp_path)
    with pytest.raises(DownloadError, match="SVG"):
        client.fetch(image, provider="easel")
    assert names(tmp_path) == []


def test_another_type_than_claimed_is_told_and_kept(
    artist: Artist, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The extension follows the content, and one line of the log says so."""
    image = Image(data=drawn("webp"), media_type="image/png")
    with caplog.at_level(logging.WARNING, "tintype"):
        [path] = artist().save(image, tmp_path, name="x")
    assert path.name == "x.webp"
    [record] = caplog.records
    assert "image/png" in record.getMessage()
    assert "image/webp" in record.getMessage()


def test_inline_images_are_written_without_a_request(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """Bytes that came in base64 are at hand."""
    paths = artist().save(task_with(INLINE, Image(data=SVG)), tmp_path, name="x")
    assert [path.name for path in paths] == ["x-1.png", "x-2.svg"]
    assert server.requests == []


def test_a_generation_a_task_an_image_and_images_can_be_saved(
    artist: Artist, tmp_path: Path
) -> None:
    """Each of them, also an iterator."""
    client, task = artist(), task_with(INLINE)
    assert len(client.save(Generation(quote=Quote(provider="easel")), tmp_path)) == 0
    for saveable in (task, INLINE, [INLINE], iter([INLINE])):
        assert len(client.save(saveable, tmp_path)) == 1
    assert len(names(tmp_path)) == 4


def test_a_name_is_made_of_the_provider_and_the_prompt(artist: Artist, tmp_path: Path) -> None:
    """In letters that every disk takes, and no way out of the folder."""
    [path] = artist().save(task_with(INLINE), tmp_path)
    assert path.name == "easel-a-red-panda-..-astronaut.png"
    assert path.parent == tmp_path


@pytest.mark.parametrize("prompt", ["../../etc/passwd", "\\\\host\\x", "😀", "x" * 5000, "é" * 200])
def test_a_strange_prompt_makes_a_plain_name(artist: Artist, tmp_path: Path, prompt: str) -> None:
    """Short enough, visible, in the folder."""
    task = evolve(task_with(INLINE), request=ImageRequest(prompt=prompt))
    [path] = artist().save(task, tmp_path)
    assert path.parent == tmp_path
    assert names(tmp_path) == [path.name]
    assert len(path.name.encode()) < 100
    assert path.name.startswith("easel")


# -------------------------------------------------------------------------- what is not overwritten


def test_a_made_up_name_counts_on(artist: Artist, tmp_path: Path) -> None:
    """What is there stays as it is."""
    client = artist()
    paths = [client.save(task_with(INLINE), tmp_path)[0].name for _ in range(3)]
    assert len(set(paths)) == 3
    assert paths[2].endswith("-3.png")


def test_a_chosen_name_that_is_taken_is_an_error(artist: Artist, tmp_path: Path) -> None:
    """The file that is there keeps its bytes."""
    (tmp_path / "x.png").write_bytes(b"mine")
    with pytest.raises(SaveError, match="exists"):
        artist().save(INLINE, tmp_path, name="x")
    assert (tmp_path / "x.png").read_bytes() == b"mine"
    assert names(tmp_path) == ["x.png"]


def test_a_file_gives_way_where_the_caller_says_so(artist: Artist, tmp_path: Path) -> None:
    """With overwrite=True it is replaced in one step."""
    (tmp_path / "x.png").write_bytes(b"mine")
    artist().save(INLINE, tmp_path, name="x", overwrite=True)
    assert (tmp_path / "x.png").read_bytes() == PNG
    assert names(tmp_path) == ["x.png"]


def test_a_link_is_not_written_through(artist: Artist, tmp_path: Path) -> None:
    """A link of that name, even a dangling one, is taken; overwritten, it is the link that goes."""
    (tmp_path / "target").write_bytes(b"mine")
    (tmp_path / "x.png").symlink_to(tmp_path / "target")
    (tmp_path / "y.png").symlink_to(tmp_path / "nowhere")
    client = artist()
    for name in ("x", "y"):
        with pytest.raises(SaveError):
            client.save(INLINE, tmp_path, name=name)
    client.save(INLINE, tmp_path, name="x", overwrite=True)
    assert (tmp_path / "target").read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_of_that_name_is_an_error(
    artist: Artist, tmp_path: Path, overwrite: object
) -> None:
    """Nothing is written into it or in its place."""
    (tmp_path / "x.png").mkdir()
    with pytest.raises(SaveError):
        artist().save(INLINE, tmp_path, name="x", overwrite=bool(overwrite))
    assert names(tmp_path) == ["x.png"]


BAD_NAMES = (
    "../x",
    "a/b",
    "/etc/x",
    "a\\b",
    "..\\x",
    ".hid",
    ".",
    "..",
    "",
    "nul\0",
    "line\nbreak",
    "\u202egnp",
    "x/",
)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_leads_elsewhere_is_refused(
    artist: Artist, server: Loopback, tmp_path: Path, name: str
) -> None:
    """Before anything is fetched or written."""
    folder = tmp_path / "folder"
    with pytest.raises(SaveError, match="plain file name"):
        artist().save(at(server), folder, name=name)
    assert names(tmp_path) == []
    assert server.requests == []


def test_a_name_that_is_too_long_is_an_error(artist: Artist, tmp_path: Path) -> None:
    """The disk's refusal is a sentence."""
    with pytest.raises(SaveError):
        artist().save(INLINE, tmp_path, name="x" * 400)
    assert names(tmp_path) == []


@pytest.mark.parametrize("folder", ["file", "file/below", "file/below/deep", "nul\0", "x" * 300])
def test_a_folder_that_is_none_is_an_error(
    artist: Artist, server: Loopback, tmp_path: Path, folder: str
) -> None:
    """A file in its place, a character no disk takes: found before the image is fetched."""
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(SaveError, match="Cannot write"):
        artist().save(at(server), tmp_path / folder)
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert server.requests == []


def test_a_folder_that_takes_nothing_is_an_error(artist: Artist, server: Loopback) -> None:
    """Such as one of the kernel's own: root may not write there either."""
    with pytest.raises(SaveError, match="Cannot write"):
        artist().save(at(server), "/proc/self/tintype")
    assert server.requests == []


# A disk that is full: the kernel refuses to let any file grow beyond 16 KiB.
_FULL = """
import resource, sys
from tintype import Client, Image
from tintype.errors import SaveError
data = b"\\x89PNG\\r\\n\\x1a\\n" + bytes(int(sys.argv[2]))
with Client(environ={}) as client:
    resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
    try:
        client.save(Image(data=data), sys.argv[1], name="x")
    except SaveError as error:
        print("told:", error)
"""


@pytest.mark.parametrize("size", [17_000, 10_000_000])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, size: int) -> None:
    """Whether it is noticed while writing or at the end: an error, and no half file."""
    command = [sys.executable, "-W", "error", "-c", _FULL, str(tmp_path), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert done.stdout.startswith("told: Cannot write")
    assert done.stderr == ""
    assert names(tmp_path) == []


# -------------------------------------------------------------------------- what goes wrong


def test_a_failure_half_way_leaves_nothing_behind(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """Half an image, then the end: no file, no part of one; the images before it are kept."""
    half = (head([("Content-Length", "99999")]), PNG, Fault.CLOSE)
    server.on("GET /1.png", half, answer(b"", status=410))
    folder = tmp_path / "new"
    task = task_with(INLINE, Image(url=f"{server.url}/1.png"))
    with pytest.raises(DownloadError, match="410"):
        artist().save(task, folder, name="x")
    assert names(folder) == ["x-1.png"]
    assert server.lines() == ["GET /1.png"] * 2


AGAIN: dict[str, Answer] = {
    "500": answer(b"oops", status=500),
    "cut-off": (head([("Content-Length", "99999")]), b"\xff" * 5000, Fault.CLOSE),
}


@pytest.mark.parametrize("first", AGAIN.values(), ids=AGAIN)
def test_a_result_is_fetched_again_from_its_beginning(
    artist: Artist, server: Loopback, tmp_path: Path, first: Answer
) -> None:
    """What had come of the first try is forgotten."""
    server.on("GET /1.png", first, answer(PNG))
    [path] = artist().save(at(server), tmp_path)
    assert path.read_bytes() == PNG
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("status", [400, 401, 403, 410, 418])
def test_a_result_that_is_gone_is_not_asked_for_again(
    artist: Artist, server: Loopback, status: int
) -> None:
    """One look is enough."""
    server.on("GET /1.png", answer(status=status))
    with pytest.raises(DownloadError, match=str(status)):
        artist().fetch(at(server).images[0], provider="easel")
    assert len(server.requests) == 1


@pytest.mark.parametrize("billed", list(Billed))
def test_a_result_that_is_gone_is_told_with_its_bill(
    billed: Billed, artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """As its task says; of a bare image nobody knows."""
    server.on("GET /1.png", answer(b"", status=410))
    gone = Image(url=f"{server.url}/1.png")
    task = Task(provider="easel", billed=billed, images=(gone,), state=TaskState.SUCCEEDED)
    with pytest.raises(DownloadError, match="410") as raised:
        artist().save(task, tmp_path)
    assert raised.value.billed is billed
    with pytest.raises(DownloadError, match="410") as raised:
        artist().save(gone, tmp_path, provider="easel")
    assert raised.value.billed is Billed.UNKNOWN


def test_a_result_that_has_expired_says_so(artist: Artist, server: Loopback) -> None:
    """With the time; and one that is still there is fetched all the same."""
    server.on("GET /1.png", answer(status=403), answer(PNG))
    past = datetime.now(UTC) - timedelta(days=1)
    image = evolve(at(server).images[0], expires_at=past)
    client = artist()
    with pytest.raises(DownloadError, match=f"expired at {past:%Y-%m-%d %H:%M} UTC"):
        client.fetch(image, provider="easel")
    assert client.fetch(image, provider="easel") == PNG


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><html><body>Sign in</body></html>", b'{"error": 1}', b"\x89PN"]
)
def test_what_is_no_image_is_not_saved(
    artist: Artist, server: Loopback, tmp_path: Path, body: bytes
) -> None:
    """A gateway's page under 200 is no picture, whatever its type says."""
    server.on("GET /1.png", answer(body, media_type="image/png"))
    with pytest.raises(DownloadError, match="no image"):
        artist().save(at(server), tmp_path)
    with pytest.raises(DownloadError, match="no image"):
        artist().fetch(at(server).images[0], provider="easel")
    assert names(tmp_path) == []


def test_one_image_that_cannot_be_had_keeps_no_other_from_being_saved(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """Every one is tried; the first failure is raised, and notes name the others."""
    server.on("GET /1.png", answer(b"", status=404)).on("GET /3.png", answer(b"", status=403))
    gone = [Image(url=f"{server.url}/{number}.png", index=number) for number in (1, 3)]
    with pytest.raises(DownloadError, match="404") as caught:
        artist().save(task_with(gone[0], INLINE, gone[1], INLINE), tmp_path, name="x")
    assert names(tmp_path) == ["x-2.png", "x-4.png"]
    [note] = caught.value.__notes__
    assert "403" in note


@pytest.mark.parametrize("cut", [0, 8, -12, -1])
def test_an_image_that_is_cut_short_is_fetched_again(
    artist: Artist, server: Loopback, cut: int
) -> None:
    """Half a picture under 200 is a broken connection, also where no length was announced."""
    server.on("GET /1.png", (head(), PNG[:cut], Fault.CLOSE), answer(PNG))
    assert artist().fetch(at(server).images[0], provider="easel") == PNG


def test_a_result_is_not_larger_than_any_image(artist: Artist, server: Loopback) -> None:
    """Beyond 100 MiB the reading ends, and it is not begun again."""
    million = bytes(1024 * 1024)
    server.on("GET /1.png", (head(), *[million] * 102, Fault.CLOSE))
    with pytest.raises(DownloadError, match="larger"):
        artist().fetch(at(server).images[0], provider="easel")
    assert len(server.requests) == 1
    assert server.is_left_alone()


def test_a_compressed_result_is_an_image_all_the_same(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """It is asked for as it is; a server that compresses anyway does no harm."""
    server.on("GET /1.svg", zipped(SVG))
    [path] = artist().save(at(server, "/1.svg"), tmp_path)
    assert path.read_bytes() == SVG
    assert server.requests[0].header("accept-encoding") == "identity"


def test_an_image_without_bytes_or_address_cannot_be_had(artist: Artist, tmp_path: Path) -> None:
    """It says so, and no file is made."""
    with pytest.raises(DownloadError, match="neither"):
        artist().save(Image(), tmp_path)
    assert names(tmp_path) == []


def test_a_result_may_come_in_pieces(artist: Artist, server: Loopback) -> None:
    """Slowly, but whole."""
    pieces = [step for byte in PNG for step in (bytes([byte]), Pause(0.0005))]
    server.on("GET /1.png", (head([("Content-Length", str(len(PNG)))]), *pieces))
    assert artist().fetch(at(server).images[0], provider="easel") == PNG


# -------------------------------------------------------------------------- from where


@pytest.mark.parametrize(
    "url",
    [
        "ftp://cdn.test/1.png",
        "file:///etc/passwd",
        "https://me:secret@cdn.test/1.png",
        "https://[::1/1.png",
        "https://a..b/1.png",
        "//cdn.test/1.png",
        "/1.png",
        "",
        "data:image/png;base64,AAAA",
        "https://cdn.test/\ud800.png",
        "https://127.0.0.1/1.png",
        "https://127.1/1.png",
        "https://2130706433/1.png",
        "https://0x7f.1/1.png",
        "https://[::1]/1.png",
        "https://[::ffff:7f00:1]/1.png",
        "https://localhost/1.png",
        "https://LOCALHOST./1.png",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_an_address_that_is_not_public_and_https_is_not_fetched(artist: Artist, url: str) -> None:
    """Plain http, local files, somebody's own network: refused without a request."""
    with pytest.raises(DownloadError, match="not one that is fetched"):
        artist().fetch(Image(url=url), provider="easel")


def test_plain_http_is_for_the_accounts_own_origin(
    artist: Artist, connect: Connect, server: Loopback
) -> None:
    """Another port is another origin, and without a provider there is no own origin."""
    with Loopback() as other:
        with pytest.raises(DownloadError):
            artist().fetch(at(other).images[0], provider="easel")
        with pytest.raises(DownloadError):
            artist().fetch(at(server).images[0])
        assert other.accepted == server.accepted == 0
    with pytest.raises(TintypeError):
        connect(plugins={"easel": easel}).fetch(at(server).images[0], provider="easel")


def _moved(location: str, status: int = 302) -> bytes:
    return answer(status=status, headers=[("Location", location)])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_result_is_followed(artist: Artist, server: Loopback, status: int) -> None:
    """Up to three, relative ones too."""
    server.on("GET /1.png", _moved("/a/2.png", status)).on("GET /a/2.png", _moved("3.png?x=%20"))
    server.on("GET /a/3.png", _moved(f"{server.url}/4.png#x")).on("GET /4.png", answer(PNG))
    assert artist().fetch(at(server).images[0], provider="easel") == PNG
    assert server.lines() == ["GET /1.png", "GET /a/2.png", "GET /a/3.png?x=%20", "GET /4.png"]


def test_redirects_come_to_an_end(artist: Artist, server: Loopback) -> None:
    """The fourth is not followed."""
    server.on("GET /1.png", _moved("/1.png"))
    with pytest.raises(DownloadError, match="redirects"):
        artist().fetch(at(server).images[0], provider="easel")
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        "http://cdn.test/1.png",
        "file:///etc/passwd",
        "https://[/1.png",
        "https://a b/1.png",
        "https://me:pw@cdn.test/",
        "/\xff\xfe.png",
        "//[",
    ],
)
def test_a_redirect_elsewhere_is_refused(artist: Artist, server: Loopback, location: str) -> None:
    """Every step is checked, and an address that is none is an error with a sentence."""
    server.on("GET /1.png", _moved(location))
    with pytest.raises(DownloadError):
        artist().fetch(at(server).images[0], provider="easel")
    assert all(request.target.isascii() for request in server.requests)


def test_a_redirect_without_a_target_is_no_image(artist: Artist, server: Loopback) -> None:
    """A 302 that names nothing."""
    server.on("GET /1.png", answer(status=302))
    with pytest.raises(DownloadError, match="302"):
        artist().fetch(at(server).images[0], provider="easel")


@pytest.fixture
def authority() -> trustme.CA:
    """Somebody to vouch for a server."""
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Loopback]:
    """A server that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(tls=context) as made:
        yield made


@pytest.fixture
def trusting(authority: trustme.CA, server: Loopback) -> Iterator[Client]:
    """A client that believes the authority, with an account at the plain server."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    account = Account(provider="easel", key=KEY, base_url=server.url, trusted_hosts=("127.0.0.1",))
    with httpx.Client(verify=context) as mine:
        options = {"plugins": {"easel": easel}, "environ": {}}
        yield Client(account, transport=HttpxTransport(mine), **options)


def test_no_credentials_go_to_where_a_result_is(
    trusting: Client, server: Loopback, secure: Loopback
) -> None:
    """Neither to the account's own origin nor along a redirect to another host."""
    server.on("GET /1.png", _moved(f"{secure.url}/2.png"))
    secure.on("GET /2.png", answer(PNG))
    assert trusting.fetch(at(server).images[0], provider="easel") == PNG
    [first], [second] = server.requests, secure.requests
    for request in (first, second):
        assert KEY not in repr(request)
        named = {name.lower() for name, _ in request.headers}
        assert named <= {"host", "accept", "accept-encoding", "user-agent", "connection"}


# -------------------------------------------------------------------------- without a client


def test_an_image_in_memory_asks_for_nothing() -> None:
    """The flow ends without an effect."""
    sink, rules = Memory(), Rules(clock=None)  # type: ignore[arg-type]  # it is not looked at
    assert list(fetching(INLINE, sink, rules)) == []
    assert bytes(sink.data) == PNG


@pytest.mark.parametrize(
    ("asked", "pause"),
    [("30", 30.0), ("604800", 600.0), ("0", 1.0), ("-5", 1.0), ("soon", 1.0), (None, 1.0)],
)
def test_a_result_is_fetched_again_when_its_server_says(asked: str | None, pause: float) -> None:
    """As far as that is believed; at most four times in all."""
    clock = Clock(monotonic=lambda: 0.0, now=lambda: NOW)
    headers = (("Retry-After", asked),) if asked else ()
    image, sink = Image(url="https://cdn.acme.test/1.png"), Memory()
    flow = fetching(image, sink, Rules(clock=clock))
    assert isinstance(next(flow), Fetch)
    effect = flow.send(Head(status=429, headers=headers))
    assert isinstance(effect, Sleep)
    assert (effect.seconds, effect.retry) == (pause, True)
    assert isinstance(next(flow), Fetch)
    sink.write(PNG)
    with pytest.raises(StopIteration):
        flow.send(Head(status=200))


def test_nothing_to_save_makes_no_folder(tmp_path: Path) -> None:
    """No images, no effects, no files."""
    rules = Rules(clock=None)  # type: ignore[arg-type]  # it is not looked at
    assert list(saving([], tmp_path / "new", None, rules, overwrite=False)) == []
    assert names(tmp_path) == []


def test_a_part_that_is_not_kept_is_gone(tmp_path: Path) -> None:
    """It is there, hidden, as long as the block lasts."""
    with PartFile(tmp_path) as part:
        part.write(PNG)
        assert len(names(tmp_path)) == 1
    assert names(tmp_path) == []


def test_two_savers_of_one_image_have_a_file_each(tmp_path: Path) -> None:
    """What one has half written is not what the other gives its name to."""
    with PartFile(tmp_path, "e-0") as first, PartFile(tmp_path, "e-0") as second:
        first.write(PNG)
        second.write(PNG[:20])
        first.finish()
        assert first.link(tmp_path / "x.png", overwrite=False)
    assert names(tmp_path) == ["x.png"]
    assert (tmp_path / "x.png").read_bytes() == PNG


def test_a_part_that_was_taken_away_leaves_no_empty_file(tmp_path: Path) -> None:
    """Somebody cleaned the folder: an error, and not a name without a picture."""
    with PartFile(tmp_path, "e-0") as part:
        part.write(PNG)
        part.finish()
        [left] = tmp_path.iterdir()
        left.unlink()
        with pytest.raises(SaveError):
            part.link(tmp_path / "x.png", overwrite=False)
    assert names(tmp_path) == []


def test_only_parts_that_nobody_writes_are_swept(tmp_path: Path) -> None:
    """Those of this process and of a living one stay; so do other images'."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stays = [f".tintype-e-0.{os.getppid()}.ab.part", ".tintype-f-0.part", "x.png"]
    goes = [
        ".tintype-e-0.part",
        f".tintype-e-1.{dead.pid}.ab.part",
        f".tintype-e-0.{os.getpid()}.ab.part",
    ]
    for name in (*stays, *goes):
        (tmp_path / name).touch()
    with PartFile(tmp_path, "e-0") as part:
        part.write(PNG)
        sweep(tmp_path, "e-")
        assert len(names(tmp_path)) == len(stays) + 1
        part.finish()
        assert part.link(tmp_path / "y.png", overwrite=False)
    assert names(tmp_path) == sorted([*stays, "y.png"])
