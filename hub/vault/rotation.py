"""The turn of an epoch: a new region key and pepper, everything live moved under them, and later the old ones destroyed."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.orm import Session

from hub.models import Alias, DataKey, Epoch, Link, Person, table
from hub.vault.vault import Vault

EPOCH_LENGTH = timedelta(days=28)
KEPT_AFTER_END = timedelta(days=35)  # the longest life of a backup of the key store
BATCH = 1000


def rotation_due(session: Session, now: datetime) -> bool:
    began = session.scalar(select(Epoch.began_at).order_by(Epoch.number.desc()).limit(1))
    return began is not None and now - began >= EPOCH_LENGTH


def rotate(session: Session, vault: Vault, now: datetime) -> int:
    """Begin an epoch, rewrap every live data key, hash every alias and link anew; answers the new epoch's number.

    All in the caller's transaction: either everything has moved, or nothing has."""
    new = vault.begin_epoch(session, now)
    session.execute(update(Epoch).where(Epoch.number < new, Epoch.ended_at.is_(None)).values(ended_at=now))
    _rewrap(session, vault, new)
    rehash(session, vault, new)
    return new


def destroy_ended(session: Session, vault: Vault, now: datetime) -> list[int]:
    """Destroy the keys of epochs that ended long enough ago; whatever is still wrapped by them is gone for good."""
    rows = session.scalars(select(Epoch).where(Epoch.ended_at <= now - KEPT_AFTER_END, Epoch.destroyed_at.is_(None)))
    gone = []
    for epoch in list(rows):
        epoch.destroyed_at = now
        session.flush()
        vault.store.destroy(epoch.number)
        gone.append(epoch.number)
    vault.forget_epochs()
    return gone


def _rewrap(session: Session, vault: Vault, new: int) -> None:
    statement = update(table(DataKey)).where(DataKey.id == bindparam("key")).values(wrapped=bindparam("w"), epoch=new)
    for batch in _batches(session, select(DataKey.id, DataKey.wrapped).where(DataKey.epoch < new)):
        changes = [{"key": key_id, "w": vault.wrap(vault.unwrap(key_id, wrapped), new)} for key_id, wrapped in batch]
        session.connection().execute(statement, changes)


def rehash(session: Session, vault: Vault, new: int) -> None:
    """Hash anew, by this epoch's pepper, whatever was hashed by an older one's."""
    connection = session.connection()
    _rehash_aliases(session, connection, vault, new)
    _rehash_links(session, connection, vault, new)


def _rehash_aliases(session: Session, connection: Connection, vault: Vault, new: int) -> None:
    statement = update(table(Alias)).where(Alias.id == bindparam("row")).values(hash=bindparam("h"), epoch=new)
    rows = (
        select(Alias.id, Alias.kind, Alias.sealed, Person.data_key_id, Alias.person_id)
        .join(Person)
        .where(Alias.epoch < new)
    )
    for batch in _batches(session, rows):
        keys = vault.open_keys(session, [row[3] for row in batch if row[3] is not None])
        changes = [
            {
                "row": row_id,
                "h": vault.blind(new, kind, vault.unseal(keys[key], sealed, f"alias:{kind}:{person}").decode()),
            }
            for row_id, kind, sealed, key, person in batch
            if key in keys
        ]
        if changes:
            connection.execute(statement, changes)


def _rehash_links(session: Session, connection: Connection, vault: Vault, new: int) -> None:
    statement = update(table(Link)).where(Link.id == bindparam("row")).values(hash=bindparam("h"), epoch=new)
    rows = (
        select(Link.id, Link.connection_id, Link.about, Link.sealed, Person.data_key_id, Link.person_id)
        .join(Person, Person.id == Link.person_id)
        .where(Link.epoch < new)
    )
    for batch in _batches(session, rows):
        keys = vault.open_keys(session, [row[4] for row in batch if row[4] is not None])
        changes = [
            {
                "row": row_id,
                "h": vault.blind(
                    new, f"link:{at}:{about}", vault.unseal(keys[key], sealed, f"link:{about}:{person}").decode()
                ),
            }
            for row_id, at, about, sealed, key, person in batch
            if key in keys
        ]
        if changes:
            connection.execute(statement, changes)


def _batches(session: Session, statement: object) -> Iterator[list[tuple]]:  # type: ignore[type-arg]
    """Read all rows first: they are rewritten while we walk."""
    rows = session.execute(statement).all()  # type: ignore[call-overload]
    for start in range(0, len(rows), BATCH):
        yield [tuple(row) for row in rows[start : start + BATCH]]
