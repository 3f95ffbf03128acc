"""S3 on a loopback socket, played by moto; and a sink of somebody's own."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import Self

from attrs import define, field


class Bucket:
    """A bucket of S3 on 127.0.0.1, and the variables by which s3fs finds it."""

    NAME = "pictures"

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer  # noqa: PLC0415 - slow to import

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        """Itself, serving."""
        self._server.start()
        _, port = self._server.get_host_and_port()
        self.origin = f"http://127.0.0.1:{port}"
        environ = {
            "AWS_ENDPOINT_URL": self.origin,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in environ.items():
            self._before[name] = os.environ.get(name)
            os.environ[name] = value
        import boto3  # noqa: PLC0415 - likewise

        self._s3 = boto3.client("s3")
        self._s3.create_bucket(Bucket=self.NAME)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and leave the environment as it was."""
        self._s3.close()
        self._server.stop()
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    def get(self, address: str) -> bytes:
        """What stands at an address."""
        key = address.removeprefix(f"s3://{self.NAME}/")
        found: bytes = self._s3.get_object(Bucket=self.NAME, Key=key)["Body"].read()
        return found

    def names(self, folder: str) -> list[str]:
        """The names below a folder."""
        found = self._s3.list_objects_v2(Bucket=self.NAME, Prefix=f"{folder}/")
        return [each["Key"].rpartition("/")[2] for each in found.get("Contents", ())]


@define
class Drawer:
    """A sink of somebody's own, with the two methods."""

    url: str = "drawer://top"
    kept: dict[str, bytes] = field(factory=dict)
    broken: bool = False

    def put(self, name: str, file: Path, *, overwrite: bool) -> bool:
        """Keep it, unless the name is taken."""
        if self.broken:
            msg = "the drawer is stuck"
            raise RuntimeError(msg)
        if name in self.kept and not overwrite:
            return False
        self.kept[name] = file.read_bytes()
        return True

    def digest(self, name: str) -> str:
        """The digest of what is kept."""
        return hashlib.sha256(self.kept[name]).hexdigest() if name in self.kept else ""
