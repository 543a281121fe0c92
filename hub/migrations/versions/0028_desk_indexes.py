"""Desk indexes: what waits is read in order also by its topic, and what was settled today is counted from an index alone"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLES = ("deliveries", "messages")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    for table in TABLES:
        _index(table, "connection_id", "state", "not_before", "id")
        _index(table, "connection_id", "state", "settled_at")
        _drop(table, "connection_id", "state", "not_before")
    _index("messages", "connection_id", "topic", "not_before", "id", postgresql_where=WAITING, sqlite_where=WAITING)


def downgrade() -> None:
    _drop("messages", "connection_id", "topic", "not_before", "id")
    for table in TABLES:
        _index(table, "connection_id", "state", "not_before")
        _drop(table, "connection_id", "state", "settled_at")
        _drop(table, "connection_id", "state", "not_before", "id")


# A large database builds them beforehand by CREATE INDEX CONCURRENTLY, and nobody waits: what is there already stays.
def _index(table: str, *columns: str, **only: sa.TextClause) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), if_not_exists=True, **only)  # type: ignore[arg-type]


def _drop(table: str, *columns: str) -> None:
    op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, if_exists=True)
