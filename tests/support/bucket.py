"""A bucket in memory that keeps S3's contract: an object is there once it was put as a whole, and not before."""

import io
from datetime import UTC, datetime
from typing import Any

from fsspec.implementations.memory import MemoryFileSystem


class Upload(io.BytesIO):
    """What s3fs opens with autocommit=False: parts are sent, and become an object by commit() or nothing by discard()."""

    def __init__(self, bucket: "MemoryBucket", path: str) -> None:
        super().__init__()
        self.bucket, self.path, self.sent = bucket, path, b""

    def close(self) -> None:
        if not self.closed:
            self.sent = self.getvalue()
        super().close()

    def commit(self) -> None:
        self.bucket.fail("commit")
        with MemoryFileSystem._open(self.bucket, self.path, "wb") as file:
            file.write(self.sent)

    def discard(self) -> None:
        self.sent = b""


class MemoryBucket(MemoryFileSystem):
    """faults: what the store does not answer now, of rb, wb, commit, read, ls, rm."""

    cachable = False

    def __init__(self) -> None:
        super().__init__(skip_instance_cache=True)
        self.store = {}  # fsspec shares one among all otherwise
        self.pseudo_dirs = [""]
        self.faults: set[str] = set()

    def fail(self, what: str) -> None:
        if what in self.faults:
            raise TimeoutError(what)

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        self.fail(mode)
        if mode == "wb":
            assert options["autocommit"] is False, "a file that breaks off must not become an object"
            return Upload(self, path)
        file = super()._open(path, mode)
        file.__dict__.pop("read", None)  # the same file is opened again
        if "read" in self.faults:
            file.read = lambda *_: self.fail("read")
        return file

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        self.fail("ls")
        return [one | {"LastModified": datetime.now(UTC)} for one in super().ls(path, detail=True)]

    def rm_file(self, path: str) -> None:
        self.fail("rm")
        super().rm_file(path)
