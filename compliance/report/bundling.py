"""The bundle: every table as CSV and JSON lines, the chain, the report in each language, one list of hashes, signed.

Made in a folder beside its place and moved there when it is whole, so that a kill leaves no half bundle."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance import verify_bundle
from compliance.purposes import read_purposes
from compliance.releases import HISTORY, release_of
from compliance.report.paper import SHOWN, Facts, Read, paper
from compliance.report.tables import PAGE, Table, tables_of
from compliance.report.words import LANGUAGES, WORDS
from hub import spreadsheet
from hub.core import Hub
from hub.errors import WrongInput
from hub.flow import seals
from hub.models import Anchor, AuditSeal
from hub.regions import READ

CHAIN = ("position", "hash", "id", "at", "actor", "action", "about", "about_id", "detail")


@dataclass(frozen=True)
class Told:
    """rows: of each table. signer: the public key that checks it, in hex."""

    region: str
    made_at: str
    entries: int
    unsealed: int
    rows: dict[str, int]
    sha256: dict[str, str]
    signer: str


def bundle(hub: Hub, folder: Path, actor: str) -> Told:
    """Raises WrongInput where something stands already, or nothing can be written."""
    if folder.exists():
        raise WrongInput(f"{folder} exists already.", "Name another folder, so that nothing is overwritten.")
    try:
        with _whole(folder) as draft:
            told = _written(hub, draft)
    except OSError as error:
        raise WrongInput(f"{folder} cannot be written: {error.strerror}.") from None
    with hub.begin() as work:
        work.audit(actor, "report_made", "region", None, subjects=told.rows["subjects"], entries=told.entries)
    return told


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    draft = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}")
    draft.mkdir(parents=True, mode=0o700)
    try:
        yield draft
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _written(hub: Hub, folder: Path) -> Told:
    made_at = hub.clock()
    with _one_view(hub) as session:
        read = {table.name: _table(folder, table) for table in tables_of(hub, session)}
        entries, head = _chain(folder, session)
        anchors = session.scalars(select(Anchor).order_by(Anchor.position))
        _lines(folder / "anchors.jsonl", (seals.told(hub.region_code, anchor) for anchor in anchors))
        unsealed = seals.unsealed(session)
    rows = {f"{name}.{ending}": one.rows for name, one in read.items() for ending in ("csv", "jsonl")}
    rows |= {"audit.csv": entries, "audit.jsonl": entries}
    shutil.copy(Path(verify_bundle.__file__), folder / "verify_bundle.py")
    signer = hub.vault.signer().hex()
    summary = {
        "region": hub.region_code, "law": hub.here.jurisdiction, "made_at": made_at.isoformat(), "languages": LANGUAGES,
        "entries": entries, "unsealed": unsealed, "rows": rows,
        "tables": {name: {"columns": one.columns, "titles": _titles(name, one.columns)} for name, one in read.items()},
    }  # fmt: skip
    (folder / "report.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    files = {name: (rows.get(name), digest) for name, digest in _hashes(folder).items()}
    facts = Facts(
        read_purposes(hub.settings.config), hub.region_code, hub.here.jurisdiction, made_at, signer, entries, unsealed, head,
        read, files, release_of(hub.settings.config, HISTORY).k,
    )  # fmt: skip
    for language in LANGUAGES:
        (folder / f"report.{language}.pdf").write_bytes(paper(facts, language))
    told = Told(hub.region_code, made_at.isoformat(), entries, unsealed, {name: one.rows for name, one in read.items()},
                _hashes(folder), signer)  # fmt: skip
    _sign(hub, folder, told)
    return told


@contextmanager
def _one_view(hub: Hub) -> Iterator[Session]:
    """All tables as of one moment, while others go on writing: a reader of SQLite's WAL has it anyway."""
    with hub.region.sessions() as session:
        options: dict[str, Any] = {READ: True}
        if not hub.region.on_sqlite:
            options["isolation_level"] = "REPEATABLE READ"
        session.connection(execution_options=options)
        yield session


def _table(folder: Path, table: Table) -> Read:
    read = Read(table.columns)
    tallied = [table.columns.index(one) for one in table.tallied]
    with (
        (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as sheet,
        (folder / f"{table.name}.jsonl").open("w", encoding="utf-8", newline="\n") as lines,
    ):
        sheet.write(spreadsheet.line(table.columns))
        for row in table.rows:
            plain = [_plain(one) for one in row]
            sheet.write(spreadsheet.line(plain))
            lines.write(json.dumps(dict(zip(table.columns, plain, strict=True)), ensure_ascii=False) + "\n")
            read.rows += 1
            if len(read.head) < SHOWN:
                read.head.append(row)
            if tallied:
                read.tally[tuple(row[place] for place in tallied)] += 1
    return read


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _chain(folder: Path, session: Session) -> tuple[int, str]:
    """audit.csv and audit.jsonl; answers how many entries are sealed, and the head."""
    columns = select(AuditSeal.position, AuditSeal.text, AuditSeal.hash).order_by(AuditSeal.position)
    position, head = 0, seals.START
    with (
        (folder / "audit.csv").open("w", encoding="utf-8", newline="") as sheet,
        (folder / "audit.jsonl").open("w", encoding="utf-8", newline="\n") as lines,
    ):
        sheet.write(spreadsheet.line(CHAIN))
        for position, text, head in session.execute(columns.execution_options(yield_per=PAGE)):
            lines.write(json.dumps({"position": position, "text": text, "hash": head.hex()}, ensure_ascii=False) + "\n")
            entry = json.loads(text)
            sheet.write(spreadsheet.line([position, head.hex(), *(entry[name] for name in CHAIN[2:])]))
    return position, head.hex()


def _lines(path: Path, several: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(json.dumps(one) + "\n" for one in several)


def _titles(name: str, columns: Iterable[str]) -> dict[str, dict[str, str]]:
    """Of the table and its columns, as far as the report has a word for them."""
    known = [word for word in (name, *columns) if word in WORDS]
    return {language: {word: WORDS[word][place] for word in known} for place, language in enumerate(LANGUAGES)}


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _sign(hub: Hub, folder: Path, told: Told) -> None:
    statement = {"region": told.region, "made_at": told.made_at, "entries": told.entries, "unsealed": told.unsealed,
                 "sha256": told.sha256}  # fmt: skip
    text = json.dumps(statement, sort_keys=True)
    manifest = {"statement": text, "signature": hub.vault.sign(text.encode()).hex(), "signer": told.signer}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
