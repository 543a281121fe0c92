"""A region's documents in object storage, by fsspec: the same encrypted frames under the same names as in a folder.

A file is one object, which a store shows whole or not at all. Nothing is listed from memory, as others write and remove, too."""

import io
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from hub.errors import ConfigError, PartDown, Unreadable
from hub.stores import StoreSettings

BLOCK = 256 * 1024  # bytes that are fetched at once: four frames
PATIENCE = 10  # seconds for one answer of the store
MISSING = "Install it: pip install 's3fs'"


@dataclass(frozen=True)
class BucketFiles:
    """filesystem: of fsspec (AbstractFileSystem). root: bucket and prefix. faults: what it raises when it is away."""

    filesystem: Any = field(repr=False)
    root: str
    faults: tuple[type[Exception], ...] = (OSError,)

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        with self.translated():
            file = self.filesystem.open(self._path(name), "wb", autocommit=False)
        try:
            yield cast(BinaryIO, file)
        except BaseException:
            self._give_up(file)
            raise
        with self.translated():
            file.close()
            file.commit()

    def _give_up(self, file: Any) -> None:
        """Parts that were sent already are taken back; where the store is away, its own rule for parts does it."""
        with suppress(*self.faults):
            file.discard()

    def open(self, name: str) -> BinaryIO:
        with self.translated():
            file = self.filesystem.open(self._path(name), "rb", block_size=BLOCK, cache_type="readahead")
        return cast(BinaryIO, _Read(file, self))

    def remove(self, name: str) -> None:
        with self.translated():
            try:
                self.filesystem.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def shelf(self, number: int) -> Iterator[tuple[str, float]]:
        with self.translated():
            try:
                found = self.filesystem.ls(f"{self.root}/{number:02x}", detail=True, refresh=True)
            except FileNotFoundError:
                return
        for one in found:
            if one["type"] == "file":
                yield one["name"].rpartition("/")[2], time.time() - _changed_at(one).timestamp()

    @contextmanager
    def translated(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise Unreadable("The file of this document is gone.", "Restore it from a backup of the region.") from None
        except self.faults as error:
            what = f"The store of documents does not answer ({type(error).__name__})."
            raise PartDown(what, "Nothing is lost. Try again in a moment.") from error

    def _path(self, name: str) -> str:
        return f"{self.root}/{name[:2]}/{name}"


class _Read(io.RawIOBase):
    """What the store says when it is away is told in our words, also in the middle of a video."""

    def __init__(self, file: Any, files: BucketFiles) -> None:
        self.file, self.files = file, files

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with self.files.translated():
            found = self.file.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self.file.seek(offset, whence))

    def tell(self) -> int:
        return int(self.file.tell())

    def close(self) -> None:
        if not self.closed:
            self.file.close()
        super().close()


def _changed_at(told: Mapping[str, Any]) -> datetime:
    """When an object was written; one that says nothing of it is new, so that no sweep takes it."""
    at = told.get("LastModified") or told.get("created")
    return at if isinstance(at, datetime) else datetime.now(UTC)


def open_bucket(settings: StoreSettings, secrets: Mapping[str, str]) -> BucketFiles:
    """secrets: of the region, by name. A request that is signed for another location than the bucket's is refused by the store.
    Raises ConfigError where a secret or the extra `s3` is missing."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError  # an extra, and slow to load
        from s3fs import S3FileSystem
    except ImportError as error:
        raise ConfigError("Documents in a bucket need the extra “s3”.", MISSING) from error
    given = {}
    for role, name in settings.secrets.items():
        if name not in secrets:
            raise ConfigError(f"{name} is not set: it opens the bucket of documents.", "Set it where the others are.")
        given[role] = secrets[name]
    filesystem = S3FileSystem(
        **given,
        endpoint_url=settings.endpoint or None,
        client_kwargs={"region_name": settings.location},
        config_kwargs={"connect_timeout": PATIENCE, "read_timeout": PATIENCE, "retries": {"max_attempts": 3}},
        use_listings_cache=False,
    )
    return BucketFiles(filesystem, settings.url.removeprefix("s3://"), (OSError, BotoCoreError, ClientError))
