"""One transaction of one region: what is read, changed and to be told, all of it or none, and whom to wake afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import insert
from sqlalchemy.orm import Session

from hub.ids import Ids
from hub.models import AuditEntry, Base, table
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
        columns = table(type(row)).c
        if "region" in columns:
            setattr(row, "region", self.region.code)  # noqa: B010 - the type knows only that it is a Base
        if "id" in columns and getattr(row, "id", None) is None:
            setattr(row, "id", self.ids.next())  # noqa: B010
        self.session.add(row)
        return row

    def insert_all(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> int:
        """Many rows of one table in one statement; ids and region are filled in."""
        target = table(model)
        own: dict[str, Any] = {"region": self.region.code} if "region" in target.c else {}
        with_id = "id" in target.c
        full = [{**({"id": self.ids.next()} if with_id else {}), **own, **row} for row in rows]
        if full:
            self.session.execute(insert(target), full)
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
