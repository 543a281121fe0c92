"""Deliveries and messages that were settled long ago are found without reading all"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("deliveries", "messages"):
        op.create_index(op.f(f"ix_{table}_settled_at"), table, ["settled_at"])


def downgrade() -> None:
    for table in ("messages", "deliveries"):
        op.drop_index(op.f(f"ix_{table}_settled_at"), table_name=table)
