"""Merged customers: whose ref answers for another, and who proposed and decided it"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0037"
down_revision = "0039"
branch_labels = None
depends_on = None

SAID = (("keep", 32), ("asked_by", 80), ("settled_by", 80))


def upgrade() -> None:
    op.create_table(
        "mergers",
        sa.Column("lost_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_at", Instant(), nullable=False),
        sa.Column("merged_by", sa.String(length=80), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("lost_id", "customers.id"),
        _points("kept_id", "customers.id"),
        _points("region", "here.region"),
        sa.PrimaryKeyConstraint("lost_id", name=op.f("pk_mergers")),
    )
    op.create_index(op.f("ix_mergers_kept_id"), "mergers", ["kept_id"])
    for name, length in SAID:
        op.add_column("duplicates", sa.Column(name, sa.String(length=length), nullable=True))


def downgrade() -> None:
    for name, _ in reversed(SAID):
        op.drop_column("duplicates", name)
    op.drop_index(op.f("ix_mergers_kept_id"), table_name="mergers")
    op.drop_table("mergers")


def _points(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_mergers_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
