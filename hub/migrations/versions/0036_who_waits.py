"""What waits has indexes of its own, so that taking some of it costs the same however much of it there is, and whatever the
planner believes"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

WAITING, OPEN, CLAIMED = "state = 'waiting'", "state IN ('waiting', 'claimed')", "state = 'claimed'"
IN_ORDER, UNMET = f"{WAITING} AND id > 0", f"{WAITING} AND reason = 'unmet'"
QUARANTINED, SETTLED = "state = 'quarantined'", "settled_at IS NOT NULL"
NEW: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("deliveries", ("connection_id", "not_before", "id"), IN_ORDER),
    ("deliveries", ("entity", "id"), WAITING),
    ("deliveries", ("connection_id", "reason", "id"), UNMET),
    ("messages", ("connection_id", "not_before", "id"), IN_ORDER),
    ("messages", ("entity", "id"), OPEN),
    ("messages", ("lease_until",), CLAIMED),
)
OLD: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("deliveries", ("connection_id", "entity", "state", "id")),
    ("messages", ("connection_id", "state", "not_before", "id")),
    ("messages", ("state", "lease_until")),
)
NARROWED: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("deliveries", ("connection_id", "state", "not_before", "id"), QUARANTINED),
    ("deliveries", ("settled_at",), SETTLED),
    ("messages", ("settled_at",), SETTLED),
)


# A large database builds the new ones beforehand by CREATE INDEX CONCURRENTLY, and nobody waits: what is there already stays.
def upgrade() -> None:
    for table, columns, part in NEW:
        _make(table, columns, part)
    for table, columns in OLD:
        op.drop_index(_name(table, columns), table, if_exists=True)
    for table, columns, part in NARROWED:
        op.drop_index(_name(table, columns), table, if_exists=True)
        _make(table, columns, part)


def downgrade() -> None:
    for table, columns in (*OLD, *((table, columns) for table, columns, _ in NARROWED)):
        op.drop_index(_name(table, columns), table, if_exists=True)
        _make(table, columns)
    for table, columns, _ in NEW:
        op.drop_index(_name(table, columns), table, if_exists=True)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")


def _make(table: str, columns: tuple[str, ...], part: str | None = None) -> None:
    where = sa.text(part) if part else None
    op.create_index(
        _name(table, columns), table, list(columns), if_not_exists=True, postgresql_where=where, sqlite_where=where
    )
