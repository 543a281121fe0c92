"""One transaction of one region: what is read, changed and to be told, all of it or none, and whom to wake afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from hub.ids import Ids
from hub.models import AuditEntry, Base, Regional
from hub.regions import Region
from hub.vault import OpenKey, Vault

Row = TypeVar("Row", bound=Base)


@dataclass
class Work:
    """bells: connections to wake after the commit. new_refs: people to enter into the directory before it."""

    session: Session
    region: Region
    vault: Vault
    ids: Ids
    now: datetime
    bells: set[str] = field(default_factory=set)
    new_refs: list[str] = field(default_factory=list)
    open_keys: dict[int, OpenKey] = field(default_factory=dict, repr=False)

    def ring(self, connection: str) -> None:
        self.bells.add(connection)

    def add(self, row: Row) -> Row:
        """Give the row its id and region, and keep it."""
        if isinstance(row, Regional):
            row.region = self.region.code
        if "id" in row.__table__.c and row.id is None:  # type: ignore[attr-defined]
            row.id = self.ids.next()  # type: ignore[attr-defined]
        self.session.add(row)
        return row

    def insert_all(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> int:
        """Many rows of one table in one statement; ids and region are filled in."""
        table: Table = model.__table__  # type: ignore[assignment]
        own: dict[str, Any] = {"region": self.region.code} if "region" in table.c else {}
        with_id = "id" in table.c
        full = [{**({"id": self.ids.next()} if with_id else {}), **own, **row} for row in rows]
        if full:
            self.session.execute(insert(table), full)
        return len(full)

    def key(self, key_id: int | None) -> OpenKey:
        """The open data key; remembered for this transaction only. Raises Unreadable when it was shredded."""
        if key_id is None or key_id not in self.open_keys:
            key = self.vault.open_key(self.session, key_id)
            self.open_keys[key.id] = key
            return key
        return self.open_keys[key_id]

    def new_key(self, owner_kind: str) -> OpenKey:
        key = self.vault.make_key(self.session, self.ids.next(), owner_kind, self.now)
        self.open_keys[key.id] = key
        return key

    def audit(self, actor: str, action: str, about: str, about_id: int | None = None, **detail: Any) -> None:
        """detail: refs, counts and codes only, never a personal value."""
        self.add(AuditEntry(at=self.now, actor=actor, action=action, about=about, about_id=about_id, detail=detail))
