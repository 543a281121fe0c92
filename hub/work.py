"""One transaction of one region: what is read, changed and to be told, all of it or none, and whom to wake afterwards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from hub.ids import Ids
from hub.models import AuditEntry, Base, DataKey, table
from hub.pouring import blanks, count_anew, pour, pour_once
from hub.regions import Region
from hub.vault import OpenKey, Vault

Row = TypeVar("Row", bound=Base)


@dataclass
class Work:
    """bells: connections to wake after the commit; soon: those of them that are taken in first. readers: customers whose
    conversation has grown, for the pages that show it. new_refs: people to enter into the directory before it. entries: of the
    audit, written before it all at once. together: bytes of deliveries that are folded at once; one that is larger is folded by
    itself."""

    together: ClassVar[int] = 200_000

    session: Session
    region: Region
    vault: Vault
    ids: Ids
    now: datetime
    bells: set[str] = field(default_factory=set)
    soon: set[str] = field(default_factory=set)
    readers: set[int] = field(default_factory=set)
    new_refs: list[str] = field(default_factory=list)
    open_keys: dict[int, OpenKey] = field(default_factory=dict, repr=False)
    entries: list[Mapping[str, Any]] = field(default_factory=list)

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

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is done inside is taken back where it raises, and harms nothing that was done before."""
        before = len(self.entries)
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            del self.entries[before:]
            raise

    def put(self, model: type[Row], /, **values: Any) -> Row:
        """A new row with these values; it may be changed until the next look at the database."""
        return self.add(model(**values))

    def insert_all(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> int:
        """Many rows of one table in one statement; ids and region are filled in."""
        target = table(model)
        own: dict[str, Any] = {"region": self.region.code} if "region" in target.c else {}
        with_id = "id" in target.c
        full = [{**({"id": self.ids.next()} if with_id else {}), **own, **row} for row in rows]
        if full:
            self.session.execute(insert(target), full)
        return len(full)

    def write(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows that have their ids, past SQLAlchemy as well."""
        pour(self.session, self.region, model, rows)

    def write_once(
        self,
        model: type[Base],
        rows: Sequence[Mapping[str, Any]],
        once: Sequence[str],
        owned: tuple[type[Base], str, Sequence[Mapping[str, Any]]],
    ) -> int:
        """Those of them that were not written before, with what they own; answers how many (see hub.pouring.pour_once)."""
        return pour_once(self.session, self.region, model, rows, once, owned)

    def key(self, key_id: int | None) -> OpenKey:
        """The open data key; remembered for this transaction only. Raises Unreadable when it was shredded."""
        if key_id is None or key_id not in self.open_keys:
            key = self.vault.open_key(self.session, key_id)
            self.open_keys[key.id] = key
            return key
        return self.open_keys[key_id]

    def new_key(self, owner_kind: str) -> OpenKey:
        """Wrapped by the epoch's region key."""
        [(key, row)] = self.make_keys(owner_kind, 1)
        self.put(DataKey, **row)
        self.open_keys[key.id] = key
        return key

    def make_keys(self, owner_kind: str, count: int) -> list[tuple[OpenKey, Mapping[str, Any]]]:
        """Many of them, each with its row, which the caller writes."""
        epoch = self.vault.epochs(self.session)[0] if count else 0
        keys = [self.vault.make_key(self.ids.next()) for _ in range(count)]
        return [(key, {"id": key.id, "owner_kind": owner_kind, "wrapped": self.vault.wrap(key, epoch), "epoch": epoch,
                       "made_at": self.now}) for key in keys]  # fmt: skip

    def audit(self, actor: str, action: str, about: str, about_id: int | None = None, **detail: Any) -> None:
        """detail: refs, counts and codes only, never a personal value."""
        self.entries.append({"id": self.ids.next(), "at": self.now, "actor": actor, "action": action, "about": about,
                             "about_id": about_id, "detail": detail})  # fmt: skip

    def write_entries(self) -> None:
        entries, self.entries = self.entries, []
        self.insert_all(AuditEntry, entries)


class Fresh:
    """A row on its way: plain attributes until it is written, and none that could be changed and lost after that. A column
    that nobody set answers as it will be written."""

    written: "type[Fresh]"


class Written(Fresh):
    def __setattr__(self, name: str, value: Any) -> None:
        raise RuntimeError(f"{name} of a row that was poured is set too late")


@cache
def _fresh(model: type[Base]) -> type[Fresh]:
    blank = blanks(table(model))
    return type("Fresh", (Fresh,), {**blank, "written": type("Written", (Written,), blank)})


@dataclass
class BulkWork(Work):
    """For pages of history: new rows are gathered, and poured by the table before anybody looks. filled: the tables that got some."""

    together: ClassVar[int] = 4_000_000
    gathered: dict[type[Base], list[Mapping[str, Any]]] = field(default_factory=dict)
    fresh: list[Fresh] = field(default_factory=list)
    filled: set[type[Base]] = field(default_factory=set)

    def __post_init__(self) -> None:
        event.listen(self.session, "do_orm_execute", lambda _: self.pour())
        event.listen(self.session, "before_commit", lambda _: self.finish())

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self.pour()
        try:
            with super().savepoint():
                yield
                self.pour()
        finally:
            self.gathered, self.fresh = {}, []

    def put(self, model: type[Row], /, **values: Any) -> Row:
        row = _fresh(model)()
        if "id" in table(model).c and "id" not in values:
            values = {"id": self.ids.next(), **values}
        row.__dict__.update(values)
        self.gathered.setdefault(model, []).append(row.__dict__)
        self.fresh.append(row)
        return cast(Row, row)

    def insert_all(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> int:
        found = [row if "id" in row else {"id": self.ids.next(), **row} for row in rows]
        self.gathered.setdefault(model, []).extend(found)
        return len(found)

    def write(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
        self.insert_all(model, rows)

    def pour(self) -> None:
        """Foreign keys are checked at the commit, so any order will do."""
        gathered, self.gathered = self.gathered, {}
        fresh, self.fresh = self.fresh, []
        for row in fresh:
            row.__class__ = row.written
        for model, rows in gathered.items():
            pour(self.session, self.region, model, rows)
            self.filled.add(model)

    def finish(self) -> None:
        self.pour()
        filled, self.filled = self.filled, set()
        count_anew(self.session, self.region, sorted(filled, key=lambda model: table(model).name))
