"""Databases that are used again: emptying one takes a fraction of the time in which PostgreSQL copies its hundreds of files."""

import secrets
from collections import defaultdict
from collections.abc import Mapping

from psycopg import Connection, sql

from postgres import Postgres

USES = 40  # of one database; then its dead rows would cost more than a new one
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
ALONE = "SET session_replication_role = replica"  # no foreign keys, no triggers: the order of tables does not matter


class Recycled:
    """Copies of templates. Whoever has one gives it back empty but for what its template held."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.spare: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.held: dict[str, tuple[str, int]] = {}
        self.rows: dict[str, Mapping[str, bytes]] = {}

    def take(self, name: str, template: str) -> None:
        if self.spare[template]:
            found, uses = self.spare[template].pop()
            self.postgres.rename(found, name)
        else:
            uses = 0
            self.postgres.create(name, template=template)
        if template not in self.rows:
            with self.postgres.connect(name) as connection:
                self.rows[template] = {
                    table: rows for table in _tables(connection) if (rows := _read(connection, table))
                }
        self.held[name] = (template, uses + 1)

    def give_back(self, name: str) -> None:
        """One that was used often, or that nobody took here, is dropped."""
        template, uses = self.held.pop(name, ("", USES))
        if uses >= USES:
            self.postgres.drop(name)
            return
        spare = f"spare_{secrets.token_hex(4)}"
        self.postgres.rename(name, spare)
        with self.postgres.connect(spare) as connection, connection.transaction():
            connection.execute(ALONE)
            # In one go: to ask a hundred times takes longer than to empty tables that are mostly empty.
            emptied = [sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in _tables(connection)]
            connection.execute(sql.SQL(";").join(emptied))
            for table, rows in self.rows[template].items():
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as into:
                    into.write(rows)
        self.spare[template].append((spare, uses))


def _tables(connection: Connection) -> list[str]:
    return [name for (name,) in connection.execute(TABLES)]


def _read(connection: Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as out:
        return b"".join(bytes(part) for part in out)
