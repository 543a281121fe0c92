"""The inbox, what was finished there and the statutory archive are read in their order along an index, however much there is"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0043"
branch_labels = None
depends_on = None

FOR_PEOPLE, CLOSED = "closed_at IS NULL AND state <> 'bot'", "closed_at IS NOT NULL"
NEW: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("conversations", ("due_at", "id"), FOR_PEOPLE),
    ("conversations", ("closed_at", "id"), CLOSED),
    ("conversations", ("branch", "closed_at", "id"), CLOSED),
    ("archived_invoices", ("ends_at", "id"), None),
)
OLD: tuple[tuple[str, tuple[str, ...]], ...] = (("archived_invoices", ("ends_at",)),)


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
