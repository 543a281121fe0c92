"""Counterparts: what a partner has of vehicles, visits and fleets, and what stands beside them there"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counterparts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("told", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("refused", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("links", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("connection_id", "connections.id"),
        _points("person_id", "persons.id"),
        _points("region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counterparts")),
        sa.UniqueConstraint(
            "connection_id", "about", "about_id", name=op.f("uq_counterparts_connection_id_about_about_id")
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_counterparts_ref")),
    )
    op.create_index(op.f("ix_counterparts_person_id"), "counterparts", ["person_id"])


def downgrade() -> None:
    op.drop_table("counterparts")


def _points(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_counterparts_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
