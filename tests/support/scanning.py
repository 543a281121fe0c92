"""Statements that read a large table from end to end, or one partner's part of it, by SQLite's own plan for them. It knows nothing
of sizes here, so that a small region shows what a large one would do."""

import re
from contextlib import contextmanager

from sqlalchemy import event

LARGE = (  # grows with the customers and what they do
    "aliases|appointments|consents|counterparts|customers|data_keys|deliveries|events|findings|inspections|invoices|lines|links"
    "|memberships|messages|offers|ownerships|personal_values|persons|profiles|recommendations|vehicles|visits"
)
COMMON = {"connection_id", "about", "kind", "state", "topic"}  # what very many rows of one partner have alike
# An INSERT looks for rows that point at it in vain only while some do; with a parent before its children that is never.
ASKING = ("SELECT", "UPDATE", "DELETE", "WITH")


@contextmanager
def whole_reads(hub, *, parts=False):
    """Statements that read a large table whole, as `table: statement`, while this is open. PostgreSQL plans by sizes, so of what it
    would do only that is told which it always does.

    parts: or all that one partner has in it. A page may, as it stops where it is full; a look for a few ids may not."""
    found = set()

    def look(_conn, cursor, statement, parameters, _context, many):
        if many or not statement.lstrip().upper().startswith(ASKING):
            return
        if table := _alternatives(statement):
            found.add(f"{table}: {' '.join(statement.split())}")
        if not hub.region.on_sqlite:
            return
        plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        read = {table for *_, step in plan if (table := _whole(step) or (parts and _part(step)))}
        found.update(f"{table}: {' '.join(statement.split())}" for table in read)

    event.listen(hub.region.engine, "before_cursor_execute", look)
    yield found
    event.remove(hub.region.engine, "before_cursor_execute", look)


def _alternatives(statement):
    """The large table that PostgreSQL reads whole, as `a IN (SELECT ...) OR b IN (SELECT ...)` is a filter to it and no way in."""
    if " OR " not in statement or not (table := re.search(rf"\bFROM ({LARGE})\b", statement)):
        return None
    levels = [set()]
    for word in re.findall(r"[()]|\bUNION\b|\bOR\b|\bIN (?=\(SELECT (?!1 FROM))", statement):
        if word == "(":
            levels.append(set())
        elif word == ")":
            if levels.pop() >= {"OR", "IN "}:
                return table[1]
        elif word == "UNION":
            if levels[-1] >= {"OR", "IN "}:
                return table[1]
            levels[-1] = set()
        else:
            levels[-1].add(word)
    return table[1] if levels[0] >= {"OR", "IN "} else None


def _whole(step):
    scan = re.fullmatch(rf"SCAN ({LARGE})( USING .*)?", step)
    return scan and scan[1]


def _part(step):
    """Found by nothing that tells one row of a partner from another."""
    search = re.fullmatch(rf"SEARCH ({LARGE}) USING .*\((.*)\)", step)
    return search[1] if search and set(re.findall(r"(\w+)[=<>]", search[2])) <= COMMON else None
