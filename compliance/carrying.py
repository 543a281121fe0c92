"""The files of a person's documents at another home: sealed anew there under keys of their own, and read back to be compared."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, BinaryIO

from hub.core import Hub
from hub.errors import Unreadable
from hub.flow import documents
from hub.flow.drafts import Stored, chunks_of, store
from hub.models import Document
from hub.vault import OpenKey
from hub.work import Work


def carry(hub: Hub, to: Hub, customer_id: int) -> Mapping[str, Stored]:
    """By the file's name here, what lies there of it now. No row knows it yet: what a kill leaves is swept there like any
    upload that broke off. Raises Unreadable where a file here is damaged or gone."""
    carried = {}
    for row in _with_files(hub, customer_id):
        with _opened(hub, row) as file:
            carried[row.file] = store(to, chunks_of(file), row.size)
    return carried


def put_in(new: Work, key: OpenKey, rows: Iterable[dict[str, Any]], carried: Mapping[str, Stored]) -> None:
    """Let rows of documents stand for the files that were carried. key: the person's. A document that came behind those keeps
    the name its file has here, where nothing lies under it: what both homes hold differs, and all is copied anew."""
    for row in rows:
        stored = carried.get(row["file"])
        if stored is not None:
            sealed = new.vault.seal(key, stored.key, documents.key_context(row["id"], stored.file))
            row.update(file=stored.file, key=sealed)


def digests(hub: Hub, customer_id: int) -> Mapping[str, str]:
    """By the file's name, SHA-256 of what it holds, read to its end; without those that do not open. A name never stands for
    other bytes, so this holds in a transaction that begins later, too."""
    found = {}
    for row in _with_files(hub, customer_id):
        with suppress(Unreadable), _opened(hub, row) as file:
            digest = hashlib.sha256()
            for chunk in chunks_of(file):
                digest.update(chunk)
            found[row.file] = digest.hexdigest()
    return found


def _with_files(hub: Hub, customer_id: int) -> list[Document]:
    """Of what was refused there is no file."""
    with hub.look() as session:
        return list(session.scalars(documents.of_customer(customer_id)))


def _opened(hub: Hub, row: Document) -> BinaryIO:
    with hub.look() as session:
        return documents.open_file(hub, session, row)
