"""A snapshot's files give back what was written, to whoever has the key, and to nobody else."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from histories import PROFILES
from hub.errors import PartDown
from hub.snapshots import files, reading
from hub.snapshots.files import Held, write
from hub.snapshots.parts import Part
from hub.vault import OpenKey
from hubs import databases
from snapshots import empty

KEY = OpenKey(1, b"k" * 32)
NAMES = ["customer_id", "last_on", "rating", "seen_at", "staff", "tags", "tier"]
FULL = (
    1,
    date(2026, 2, 28),
    0.1,
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    True,
    ["gold", 7, "é"],
    'platinum,\n"🚗"' * 3,
)
EMPTY = (2, None, None, None, None, None, None)
BLANK = (3, date(1900, 1, 1), -0.0, datetime(1970, 1, 1, tzinfo=UTC), False, [], "")


@pytest.fixture(params=databases())
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """SQLite and PostgreSQL are read in ways of their own."""
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with empty(url) as session:
        session.execute(insert(PROFILES), [dict(zip(NAMES, row, strict=True)) for row in (FULL, EMPTY, BLANK)])
        yield session


def written(session: Session, folder: Path, key: OpenKey = KEY, table: str = "profiles") -> Held:
    columns = [PROFILES.c[name] for name in NAMES]
    return write(session, folder, key, table, columns, select(*columns).order_by(PROFILES.c.customer_id))


def rows_of(part: Part) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in NAMES) for batch in part.batches() for row in batch.to_pylist()]


def test_what_was_written_is_read_again_and_of_a_set_its_texts(session, tmp_path):
    [part] = written(session, tmp_path).parts

    assert rows_of(part) == [(*FULL[:5], ["gold", "é"], FULL[6]), EMPTY, BLANK]


def test_no_value_and_no_name_of_a_column_lies_in_the_file(session, tmp_path):
    [part] = written(session, tmp_path).parts

    raw = part.path.read_bytes()
    assert raw.endswith(b"PARE")  # as parquet-format names a file whose footer is encrypted
    assert b"platinum" not in raw
    assert b"tier" not in raw


@pytest.mark.parametrize("key", [b"k" * 31 + b"l", b"\0" * 32])
def test_another_key_opens_nothing(session, tmp_path, key):
    [part] = written(session, tmp_path).parts
    [foreign] = written(session, tmp_path, OpenKey(2, key), "others").parts

    with pytest.raises(OSError, match=r"[Dd]ecrypt"):
        rows_of(Part(part.path, foreign.key))


def test_a_file_in_the_place_of_another_does_not_open(session, tmp_path):
    [one], [other] = written(session, tmp_path).parts, written(session, tmp_path, table="events").parts
    other.path.write_bytes(one.path.read_bytes())

    with pytest.raises(OSError, match=r"[Dd]ecrypt"):
        rows_of(other)


def test_an_altered_byte_does_not_open(session, tmp_path):
    [part] = written(session, tmp_path).parts
    raw = bytearray(part.path.read_bytes())
    raw[60] ^= 1
    part.path.write_bytes(raw)

    with pytest.raises(OSError, match=r"[Dd]ecrypt"):
        rows_of(part)


def test_many_rows_are_many_files_and_none_is_none(session, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "PIECE", 1)
    monkeypatch.setattr(files, "MOST", 1)

    held = written(session, tmp_path)
    nobody = write(
        session, tmp_path, KEY, "pins", [PROFILES.c.tier], select(PROFILES.c.tier).where(PROFILES.c.tier == "nobody")
    )

    assert [row[0] for part in held.parts for row in rows_of(part)] == [1, 2, 3]
    assert len(held.parts) > (session.get_bind().dialect.name == "sqlite")
    assert nobody.parts == []


def test_a_full_disk_is_told_with_its_place(session, tmp_path):
    (tmp_path / "profiles-0.parquet").symlink_to("/dev/full")

    with pytest.raises(PartDown, match="The snapshot of profiles cannot be written: No space left on device") as told:
        written(session, tmp_path)

    assert str(tmp_path.parent) in told.value.hint
    assert len(session.execute(select(PROFILES)).all()) == 3, "while somebody holds the error, the connection is free"
