"""The record of processing (GDPR Art. 30, KSA PDPL Art. 31): made of the tables, the purposes, the periods and the partners themselves.

Nothing here is written by hand, so nothing can be forgotten: a new table, purpose or partner stands in the next one."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from compliance import storage
from compliance.keeping import Keeping, read_keeping
from compliance.periods import STALE_DAYS
from compliance.purposes import Purpose, read_purposes
from hub import spreadsheet
from hub.core import Hub
from hub.models import Base
from hub.own import OWN

MEASURES = (
    "personal values encrypted under a key per person, which an erasure destroys",
    "the region's data stay in the region: database, documents, queue, logs, keys",
    "lookup by keyed hashes; jobs, logs and messages carry references only",
    "every act is audited in a sealed chain that is signed and anchored outside the database",
)
NOBODYS = {"no"}


@dataclass(frozen=True)
class Entry:
    """One purpose. categories: kinds of data. kept: how long each class is kept, and by which law. recipients: partners who may be
    told for it. transfers: those under another law than ours."""

    purpose: str
    basis: str
    source: str
    categories: tuple[str, ...]
    kept: tuple[str, ...]
    recipients: tuple[str, ...]
    transfers: tuple[str, ...]
    read_on: str
    is_stale: bool


@dataclass(frozen=True)
class Record:
    controller: Mapping[str, str]
    region: str
    jurisdiction: str
    made_on: str
    persons: tuple[str, ...]
    measures: tuple[str, ...]
    storage: tuple[Mapping[str, Any], ...]
    entries: tuple[Entry, ...]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def record_of(hub: Hub) -> Record:
    """Raises ConfigError for a purposes or retention file that is wrong."""
    known, keeping = read_purposes(hub.settings.config), read_keeping(hub.settings.config)
    today = hub.clock().date()
    tables = _tables()
    names = [*known.purposes, *sorted(set(tables) - set(known.purposes))]
    entries = []
    for name in names:
        purpose = known.purposes.get(name)
        recipients, abroad = _partners(hub, name)
        read_on = purpose.reviewed_on if purpose else None
        stale = read_on is not None and (today - read_on).days > STALE_DAYS
        entries.append(Entry(
            name, *_basis(purpose), tuple(sorted(tables.get(name, {}))), _kept(keeping, tables.get(name, {}), hub.here.jurisdiction),
            recipients, abroad, read_on.isoformat() if read_on else "", stale,
        ))  # fmt: skip
    return Record(dict(known.controller), hub.region_code, hub.here.jurisdiction, today.isoformat(),
                  ("customers", "drivers", "staff"), MEASURES, _storage(hub), tuple(entries))  # fmt: skip


def _storage(hub: Hub) -> tuple[Mapping[str, Any], ...]:
    """Where each kind of bytes lies, and for how long; empty where no policy says where it may."""
    if not (hub.settings.config / "privacy" / storage.FILE).exists():
        return ()
    return tuple(
        {"kind": one.kind, "at": one.at, "kept": one.kept} for one in storage.places_of(hub.settings, hub.region_code)
    )


def sheet(record: Record) -> str:
    """As CSV, a row per purpose."""
    rows = (
        ["; ".join(value) if isinstance(value, tuple) else value for value in asdict(one).values()]
        for one in record.entries
    )
    return "".join(spreadsheet.lines([[*Entry.__dataclass_fields__], *rows]))


def _tables() -> dict[str, dict[str, set[str]]]:
    """purpose -> table -> classes of retention, of all columns that say something of somebody."""
    found: dict[str, dict[str, set[str]]] = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.info["personal"] not in NOBODYS:
                of_purpose = found.setdefault(column.info["purpose"], {})
                of_purpose.setdefault(table.name, set()).add(column.info["retention"])
    return found


def _basis(purpose: Purpose | None) -> tuple[str, str]:
    """What no purpose of the file names serves the others: it is kept to find, to protect and to run."""
    return (purpose.basis, purpose.source) if purpose else ("serves the purposes above", "")


def _kept(keeping: Keeping, tables: Mapping[str, Iterable[str]], jurisdiction: str) -> tuple[str, ...]:
    classes = sorted({one for several in tables.values() for one in several})
    periods = {name: keeping.of(name, jurisdiction) for name in classes}
    return tuple(
        f"{name.replace('_', ' ')}: {f'{one.days} days' if one.days else f'until {one.until}'} ({one.source})"
        for name, one in periods.items()
    )


def _partners(hub: Hub, purpose: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that hear a topic of this purpose, and of them those under another law."""
    heard = [
        partner for partner in hub.partners.values()
        if partner.name != OWN and any(topic.purpose == purpose for topic in getattr(partner.connector, "topics", ()))
    ]  # fmt: skip
    laws = {partner.name: partner.settings.jurisdiction or hub.here.jurisdiction for partner in heard}
    abroad = tuple(f"{name} ({law})" for name, law in sorted(laws.items()) if law != hub.here.jurisdiction)
    return tuple(sorted(laws)), abroad
