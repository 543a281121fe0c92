"""Requests that wait for an answer, and what waits for a word at one connection, are read in their order along an index"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0044"
branch_labels = None
depends_on = None

UNSETTLED = "state NOT IN ('certified', 'refused', 'answered', 'withdrawn')"
NEW: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("erasure_requests", ("due_on", "id"), UNSETTLED),
    ("person_requests", ("due_on", "id"), UNSETTLED),
    ("conflicts", ("connection_id", "won", "id"), None),
    ("duplicates", ("connection_id", "state", "id"), None),
)
OLD: tuple[tuple[str, tuple[str, ...]], ...] = (("conflicts", ("connection_id", "won")),)


# A large database builds the new ones beforehand by CREATE INDEX CONCURRENTLY, and nobody waits: what is there already stays.
def upgrade() -> None:
    for table, columns, part in NEW:
        _make(table, columns, part)
    for table, columns in OLD:
        op.drop_index(_name(table, columns), table, if_exists=True)


def downgrade() -> None:
    for table, columns in OLD:
        _make(table, columns, None)
    for table, columns, _ in NEW:
        op.drop_index(_name(table, columns), table, if_exists=True)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")


def _make(table: str, columns: tuple[str, ...], part: str | None) -> None:
    where = sa.text(part) if part else None
    op.create_index(
        _name(table, columns), table, list(columns), if_not_exists=True, postgresql_where=where, sqlite_where=where
    )
