"""Pictures kept elsewhere: at an address, on a bucket of S3, in a sink of somebody's own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import gettempdir

import fsspec
import pytest
from attrs import define
from tests.core.buckets import Bucket, Drawer
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, answer, said
from tests.core.pictures import PNG, drawn, in_base64
from tests.core.terminal import SCRIPT

from tintype import Billed, Client, Image, ImageRequest, Quote, Task, TaskState
from tintype.entries import Intent, Saved, Snapshot
from tintype.errors import DownloadError, InvalidRequestError, SaveError, UsageError
from tintype.journal._sql import SqlJournal
from tintype.sinks import FsspecSink, home_of, sink_of

Artist = Callable[..., Client]
REQUEST = ImageRequest(prompt="a red panda")
DRAWN = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
SHA = hashlib.sha256(PNG).hexdigest()


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    """S3 on a loopback socket."""
    with Bucket() as made:
        yield made


def parts() -> set[str]:
    """What waits in the folder for what is not whole."""
    return {path.name for path in Path(gettempdir()).glob(f".tintype-*.{os.getpid()}.*")}


def picture(color: str = "red") -> Image:
    """One in memory."""
    return Image(data=drawn(color=color), media_type="image/png")


def begun(journal: SqlJournal, path: str) -> str:
    """The record of a picture whose process died while it was put there."""
    quote = Quote(provider="easel")
    record = journal.record(Intent(provider="easel", request=REQUEST, quote=quote)).result()
    task = Task(
        provider="easel",
        state=TaskState.SUCCEEDED,
        images=(picture(),),
        request=REQUEST,
        record=record,
    )
    journal.record(Snapshot(task=task)).result()
    journal.record(Saved(record=record, index=0, path=path, digest=SHA)).result()
    return record


# ---------------------------------------------------------------------- addresses


def test_a_picture_is_kept_on_s3_and_nothing_is_overwritten(artist: Artist, bucket: Bucket) -> None:
    """One name after the other; a name that is meant is an error where it is taken."""
    client, folder = artist(), "s3://pictures/one"
    names = [client.save(picture(color), folder) for color in ("red", "blue")]
    names = [name for (name,) in names]
    assert len(set(names)) == len(names)
    assert [bucket.get(name) for name in names] == [drawn(color="red"), drawn(color="blue")]
    (exact,) = client.save(picture(), f"s3://pictures/{id(client)}", name="cat")
    with pytest.raises(SaveError, match="exists"):
        client.save(picture("blue"), f"s3://pictures/{id(client)}/", name="cat")
    assert bucket.get(exact) == drawn()
    client.save(picture("blue"), f"s3://pictures/{id(client)}", name="cat", overwrite=True)
    assert bucket.get(exact) == drawn(color="blue")
    assert not parts()


def test_two_savers_of_one_name_do_not_overwrite_one_another(bucket: Bucket) -> None:
    """S3 itself makes an object only where none is, also where both saw none."""
    first, second = FsspecSink("s3://pictures/race"), FsspecSink("s3://pictures/race")
    file = Path(gettempdir()) / f"race-{os.getpid()}.png"
    file.write_bytes(PNG)
    try:
        files, root = fsspec.core.url_to_fs(second.url)
        assert not files.exists(f"{root}/cat.png")
        assert first.put("cat.png", file, overwrite=False)
        with pytest.raises(FileExistsError):
            files.put_file(str(file), f"{root}/cat.png", mode="create")
        assert not second.put("cat.png", file, overwrite=False)
    finally:
        file.unlink()
    assert (first.digest("cat.png"), first.digest("dog.png")) == (SHA, "")
    assert bucket.get("s3://pictures/race/cat.png") == PNG


def test_the_journal_knows_the_address_and_resume_goes_on_there(
    artist: Artist, server: Loopback, bucket: Bucket, tmp_path: Path
) -> None:
    """What is kept is not kept twice; what nobody wrote down any more is known by its bytes."""
    server.on("POST /v1/pictures", DRAWN)
    journal = SqlJournal(tmp_path / "journal.db")
    client, folder = artist(journal=journal), f"s3://pictures/{tmp_path.name}"
    made = client.generate(REQUEST, provider="easel")
    (address,) = client.save(made, folder)
    (line,) = journal.records()
    file = line.saved[0]
    assert (file.path, file.digest, file.done) == (address, SHA, True)
    assert client.resume(tmp_path / "elsewhere") == ()
    standing, gone = begun(journal, address), begun(journal, f"{folder}/gone.png")
    (resumed,) = client.resume(tmp_path / "elsewhere", records=[standing])
    assert resumed.paths == (address,)
    (resumed,) = client.resume(tmp_path / "elsewhere", records=[gone])
    (again,) = resumed.paths
    assert str(again).startswith(f"{folder}/")
    assert bucket.get(str(again)) == PNG
    assert len(bucket.names(tmp_path.name)) == 2
    assert not (tmp_path / "elsewhere").exists()
    journal.close()


def test_what_is_no_whole_picture_is_kept_nowhere(
    artist: Artist, server: Loopback, bucket: Bucket
) -> None:
    """Half a picture, a page, one that is cut off on the way."""
    folder = "s3://pictures/half"
    server.on("GET /half.png", answer(PNG[:-20])).on("GET /page", answer(b"<html></html>"))
    client = artist()
    for image in (
        Image(data=PNG[:-20]),
        Image(url=f"{server.url}/half.png"),
        Image(url=f"{server.url}/page"),
    ):
        with pytest.raises(DownloadError):
            client.save(image, folder, provider="easel")
    assert bucket.names("half") == []
    assert not parts()


def test_an_address_elsewhere_is_written_beside_its_place_first(
    artist: Artist, tmp_path: Path
) -> None:
    """As everywhere where a file is there before it is whole: a part is never left."""
    folder = f"memory://{tmp_path.name}"
    client = artist()
    first = client.save(picture(), folder, name="{n}")
    second = client.save(picture("blue"), folder, name="{n}")
    assert (first, second) == ((f"{folder}/1.png",), (f"{folder}/1-2.png",))
    sink = FsspecSink(folder)
    assert sink.digest("1-2.png") == hashlib.sha256(drawn(color="blue")).hexdigest()
    files, root = fsspec.core.url_to_fs(folder)
    assert sorted(str(each) for each in files.ls(root, detail=False)) == [
        f"{root}/1-2.png",
        f"{root}/1.png",
    ]


def test_a_file_url_is_a_folder(artist: Artist, tmp_path: Path) -> None:
    """With all that holds for one."""
    (path,) = artist().save(picture(), f"{(tmp_path / 'a b').as_uri()}", name="cat")
    assert path == tmp_path / "a b" / "cat.png"
    assert isinstance(path, Path)
    assert path.read_bytes() == PNG


@pytest.mark.parametrize(
    ("folder", "kind", "words"),
    [
        ("file://elsewhere/out", InvalidRequestError, "another machine"),
        ("s4://bucket", UsageError, "no address that fsspec knows"),
        ("s3://key:s3cret@bucket", InvalidRequestError, "without a password"),
        ("://bucket", InvalidRequestError, "no address"),
        (7, InvalidRequestError, "a sink"),
        (None, InvalidRequestError, "a sink"),
    ],
)
def test_what_is_no_place_is_refused(
    artist: Artist, folder: str, kind: type[UsageError], words: str
) -> None:
    """With the way out, and without what may be a secret."""
    with pytest.raises(kind, match=words) as raised:
        artist().save(picture(), folder)
    assert "s3cret" not in str(raised.value)


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_a_save_error(artist: Artist) -> None:
    """The picture is still paid for, and can be saved elsewhere."""
    with pytest.raises(SaveError, match="s3://nobody/x fails"):
        artist().save(picture(), "s3://nobody/x")
    assert not parts()
    assert "testing" not in repr(FsspecSink("s3://x", key="testing"))


# ---------------------------------------------------------------------- a sink of one's own


def test_a_sink_is_two_methods(artist: Artist, server: Loopback, tmp_path: Path) -> None:
    """What it keeps is known by its address; a failure leaves the picture to resume."""
    server.on("POST /v1/pictures", DRAWN)
    drawer, journal = Drawer(), SqlJournal(tmp_path / "journal.db")
    client = artist(journal=journal)
    made = client.generate(REQUEST, provider="easel")
    drawer.broken = True
    stuck = "drawer://top fails: RuntimeError: the drawer is stuck"
    with pytest.raises(SaveError, match=stuck) as raised:
        client.save(made, drawer, name="{n}")
    assert raised.value.billed is Billed.YES
    drawer.broken = False
    (resumed,) = client.resume(drawer)
    (address,) = resumed.paths
    assert isinstance(address, str)
    assert drawer.kept == {address.removeprefix("drawer://top/"): PNG}
    assert client.save(made, drawer, name="{n}") == ("drawer://top/1.png",)
    assert client.save(made, drawer, name="{n}") == ("drawer://top/1-2.png",)
    journal.close()


@define
class Wordless(Drawer):
    """A sink whose methods say nothing."""

    def put(self, name: str, file: Path, *, overwrite: bool) -> bool:
        """Keep it, and do not say so."""
        super().put(name, file, overwrite=overwrite)
        return None  # type: ignore[return-value]  # that is what is wrong with it


def test_a_sink_that_does_not_say_whether_it_keeps_a_picture_is_asked_once(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """The error names the method; the picture is paid for, and known again if it is there."""
    server.on("POST /v1/pictures", DRAWN)
    drawer, journal = Wordless(), SqlJournal(tmp_path / "journal.db")
    client = artist(journal=journal)
    made = client.generate(REQUEST, provider="easel")
    with pytest.raises(SaveError, match=r"returned NoneType: Wordless\.put is to return") as raised:
        client.save(made, drawer, name="{n}")
    assert raised.value.billed is Billed.YES
    assert drawer.kept == {"1.png": PNG}
    (resumed,) = client.resume(drawer)
    assert (resumed.paths, drawer.kept) == (("drawer://top/1.png",), {"1.png": PNG})
    journal.close()


def test_what_a_sink_keeps_is_known_by_a_text(artist: Artist, tmp_path: Path) -> None:
    """A digest that is none is an error, and no second copy."""

    @define
    class Odd(Drawer):
        def digest(self, name: str) -> str:
            return bytes.fromhex(super().digest(name))  # type: ignore[return-value]

    journal = SqlJournal(tmp_path / "journal.db")
    record = begun(journal, "drawer://top/1.png")
    drawer = Odd(kept={"1.png": PNG})
    (resumed,) = artist(journal=journal).resume(drawer, records=[record])
    assert "Odd.digest is to return the SHA-256" in str(resumed.error)
    assert len(drawer.kept) == 1
    journal.close()


@pytest.mark.parametrize("url", [None, "", "drawer", 5])
def test_a_sink_without_an_address_is_refused(url: str, artist: Artist) -> None:
    """Before anything is drawn for it: the journal would not know a picture again."""
    with pytest.raises(InvalidRequestError, match="url") as raised:
        artist().save(picture(), Drawer(url=url))
    assert raised.value.field == "folder"


@pytest.mark.parametrize(
    ("folder", "options"),
    [(5, {}), ("nobody://x", {}), ("file://elsewhere/x", {}), (".", {"name": 5})],
)
def test_what_is_drawn_is_told_as_paid_wherever_it_cannot_go(
    folder: str, options: dict[str, str], artist: Artist, server: Loopback
) -> None:
    """A folder that is none, an address that nobody knows, or a name: the picture is billed."""
    server.on("POST /v1/pictures", DRAWN)
    client = artist()
    made = client.generate(REQUEST, provider="easel")
    with pytest.raises(UsageError) as raised:
        client.save(made, folder, **options)
    assert raised.value.billed is Billed.YES


def test_a_batch_that_cannot_keep_its_pictures_buys_no_more(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """What is drawn and not kept is paid for, and the address of a picture goes stale."""
    server.on("POST /v1/pictures", DRAWN)
    drawer, journal = Drawer(broken=True), SqlJournal(tmp_path / "journal.db")
    requests = [ImageRequest(prompt=f"cat {number}") for number in range(20)]
    told = list(artist(journal=journal).batch(requests, drawer, provider="easel", width=1))
    assert len(told) == len(server.lines()) == 1
    assert told[0].billed is Billed.YES
    drawer.broken = False
    again = artist(journal=journal).batch(requests, drawer, provider="easel", resume=True)
    assert len(list(again)) == len(drawer.kept) == len(server.lines()) == 20
    journal.close()


def test_what_went_to_a_sink_that_is_not_here_goes_where_the_others_go(
    artist: Artist, tmp_path: Path
) -> None:
    """Nobody here knows its address; the picture is not given up."""
    journal = SqlJournal(tmp_path / "journal.db")
    client = artist(journal=journal)
    record = begun(journal, "drawer://top/1.png")
    (resumed,) = client.resume(tmp_path / "out", records=[record])
    (path,) = resumed.paths
    assert isinstance(path, Path)
    assert path.read_bytes() == PNG
    assert sink_of("drawer://top/1.png", tmp_path) is None
    assert sink_of("drawer://top/1.png", Drawer()) == (Drawer(), "1.png")
    assert home_of("out") == Path("out")
    journal.close()


# ---------------------------------------------------------------------- the command line


def test_the_command_line_saves_to_an_address(
    server: Loopback, bucket: Bucket, tmp_path: Path
) -> None:
    """It prints it; what is needed for it is found out before anything is sent."""
    server.on("POST /v1/images/generations", said({"data": [{"b64_json": in_base64(PNG)}]}))
    environ = {
        **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "APIYI_API_KEY": KEY,
        "APIYI_BASE_URL": server.url,
        "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, "generate", "x", "-p", "apiyi", "-m", "seedream-4.5", *arguments],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    done = run("-o", "s3://pictures/shell", "--name", "{provider}-{n}", "--json")
    assert done.returncode == 0, done.stderr
    (image,) = json.loads(done.stdout)["images"]
    assert (image["path"], image["sha256"]) == ("s3://pictures/shell/apiyi-1.png", SHA)
    assert bucket.get(image["path"]) == PNG
    done = run("-o", "s3://pictures/shell", "--name", "{provider}-{n}")
    assert done.stdout == "s3://pictures/shell/apiyi-1-2.png\n"
    asked = server.accepted
    done = run("-o", "s4://pictures/shell")
    assert (done.returncode, "no address that fsspec knows" in done.stderr) == (2, True)
    assert server.accepted == asked
