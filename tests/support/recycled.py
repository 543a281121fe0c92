"""Databases that are used again: emptying one takes a fraction of the time in which PostgreSQL copies its hundreds of files.

The line by which one is emptied stays open: a new one would first read about each table and index, ten times as long as the emptying."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import Connection, OperationalError, sql

from postgres import Postgres

USES = 40  # of one database; then its dead rows would cost more than a new one
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
ALONE = (
    "SET LOCAL session_replication_role = replica"  # no foreign keys, no triggers: the order of tables does not matter
)
OTHERS = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@dataclass
class Held:
    """One database. line: by which it is emptied; none, before it was given back for the first time."""

    template: str
    uses: int = 0
    line: Connection | None = None


class Recycled:
    """Copies of templates. Whoever has one gives it back empty but for what its template held."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.spare: dict[str, list[str]] = defaultdict(list)
        self.known: dict[str, Held] = {}
        self.rows: dict[str, Mapping[str, bytes]] = {}

    def reserve(self, template: str) -> str | None:
        """The name of one that lies ready, for whoever has to name it before it is taken; `leave` ends that."""
        return self.spare[template].pop() if self.spare[template] else None

    def take(self, name: str, template: str) -> None:
        if name not in self.known:
            self.postgres.create(name, template=template)
            self.known[name] = Held(template)
        if template not in self.rows:
            with self.postgres.connect(name) as connection:
                self.rows[template] = {
                    table: rows for table in _tables(connection) if (rows := _read(connection, table))
                }
        self.known[name].uses += 1

    def give_back(self, name: str) -> None:
        """One that was used often is dropped."""
        held = self.known[name]
        if held.uses >= USES:
            self.drop(name)
            return
        held.line = line = self._alone_in(name, held.line)
        with line.transaction():
            line.execute(ALONE)
            # In one go: to ask a hundred times takes longer than to empty tables that are mostly empty.
            emptied = [sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in _tables(line)]
            line.execute(sql.SQL(";").join(emptied))
            for table, rows in self.rows[held.template].items():
                with line.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as into:
                    into.write(rows)
        self.spare[held.template].append(name)

    def own(self, name: str, template: str) -> None:
        """For whoever may change what stands in the template: it will not be lent again."""
        if name not in self.known:
            self.postgres.create(name, template=template)
        elif (line := self.known.pop(name).line) is not None:
            line.close()

    def leave(self, name: str) -> None:
        """Nobody will ask for it by this name any more: what is lent stays, what was never one of ours goes."""
        held = self.known.get(name)
        if held is None:
            self.postgres.drop(name)
        elif name not in self.spare[held.template]:  # reserved, and not taken
            self.give_back(name)

    def drop(self, name: str) -> None:
        held = self.known.pop(name, None)
        if held is not None and held.line is not None:
            held.line.close()
        self.postgres.drop(name)

    def close(self) -> None:
        for held in self.known.values():
            if held.line is not None:
                held.line.close()

    def _alone_in(self, name: str, line: Connection | None) -> Connection:
        """A line by which everybody else was sent away; another, where a test has ended this one."""
        try:
            if line is not None:
                line.execute(OTHERS)
                return line
        except OperationalError:
            line.close()
        line = self.postgres.connect(name)
        line.execute(OTHERS)
        return line


def _tables(connection: Connection) -> list[str]:
    return [name for (name,) in connection.execute(TABLES)]


def _read(connection: Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as out:
        return b"".join(bytes(part) for part in out)
