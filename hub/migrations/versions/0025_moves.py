"""A person's home moves to another region"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("persons", sa.Column("moved_to", sa.String(length=8), nullable=True))
    op.create_table(
        "moves",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("from_region", sa.String(length=8), nullable=False),
        sa.Column("to_region", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("erasure", sa.String(length=32), nullable=True),
        sa.Column("switched_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("certificate", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("person_id", "persons.id"),
        _points("region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moves")),
        sa.UniqueConstraint("ref", name=op.f("uq_moves_ref")),
    )
    op.create_index(op.f("ix_moves_person_id"), "moves", ["person_id"])


def downgrade() -> None:
    op.drop_table("moves")
    op.drop_column("persons", "moved_to")


def _points(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_moves_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
