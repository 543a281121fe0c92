"""PostgreSQL's own files, as somebody who has its disk would read them: tables with rows that are dead, indexes, what ANALYZE keeps,
and its log since a moment. Read by the server, so that a server elsewhere will do; it wants a superuser."""

import secrets
from collections.abc import Iterator
from pathlib import Path

from psycopg import Connection

from postgres import Postgres

PAGE = 8192  # bytes
SHORT, LONG = 24, 40  # bytes of the header of a page of the log, and of the first one of a segment (XLogPageHeaderData)
FIRST_OF_OURS = 16384  # numbers below are the server's own tables (FirstNormalObjectId)
STATISTICS = ("pg_statistic", "pg_toast_2619")
TABLES, LOG = "tables.bin", "log.bin"
# A long value is compressed where it lies, and nothing in it is found by looking for its letters.
PLAIN = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT attrelid::regclass AS owner, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND attstorage = 'x' AND NOT attisdropped
  LOOP EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE EXTERNAL', one.owner, one.attname); END LOOP;
END $$"""


class OnDisk:
    """From here on the server keeps its log, until this is closed."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres, self.slot = postgres, f"scan_{secrets.token_hex(4)}"
        with postgres.connect() as line:
            line.execute("SELECT pg_create_physical_replication_slot(%s, true)", [self.slot])
            self.began = _position(line)

    def close(self) -> None:
        with self.postgres.connect() as line:
            line.execute("SELECT pg_drop_replication_slot(%s)", [self.slot])

    def store_plainly(self, database: str) -> None:
        """What is written from now on lies there letter by letter."""
        with self.postgres.connect(database) as line:
            line.execute(PLAIN)

    def copy(self, database: str, folder: Path) -> Path:
        """Tables and indexes of this database; of the log, which all databases share, what has been written since."""
        folder.mkdir(parents=True, exist_ok=True)
        with self.postgres.connect(database) as line:
            line.execute("CHECKPOINT")
            (folder / TABLES).write_bytes(b"".join(_tables(line)))
            (folder / LOG).write_bytes(b"".join(_log(line, self.began)))
        return folder


def _position(line: Connection) -> int:
    return _number(line, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")


def _number(line: Connection, asked: str) -> int:
    row = line.execute(asked).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return int(row[0])


def _tables(line: Connection) -> Iterator[bytes]:
    files = "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class WHERE pg_relation_filepath(oid) IS NOT NULL"
    for (raw,) in line.execute(f"{files} AND (oid >= {FIRST_OF_OURS} OR relname = ANY(%s))", [list(STATISTICS)]):  # type: ignore[call-overload]
        yield bytes(raw)


def _log(line: Connection, began: int) -> Iterator[bytes]:
    """Without the headers of its pages, so that no record is cut by one."""
    segment = _number(line, "SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'")
    timeline = _number(line, "SELECT timeline_id FROM pg_control_checkpoint()")
    first, end = began - began % PAGE, _position(line)
    for number in range(first // segment, end // segment + 1):
        each = (1 << 32) // segment
        name = f"pg_wal/{timeline:08X}{number // each:08X}{number % each:08X}"
        [raw] = line.execute("SELECT pg_read_binary_file(%s)", [name]).fetchone() or [b""]
        for page in range(max(first, number * segment), min(end, (number + 1) * segment), PAGE):
            place = page % segment
            yield bytes(raw[place + (SHORT if place else LONG) : place + PAGE])
