"""Breaches: what happened, the clock of each law, and who is affected"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breaches",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("risk", sa.String(length=8), nullable=False),
        sa.Column("summary", sa.String(length=400), nullable=False),
        sa.Column("measures", sa.String(length=400), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("noticed_at", Instant(), nullable=False),
        sa.Column("noted_by", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("assessed_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("breaches", "region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaches")),
        sa.UniqueConstraint("ref", name=op.f("uq_breaches_ref")),
    )
    op.create_table(
        "breach_clocks",
        sa.Column("breach_id", sa.BigInteger(), nullable=False),
        sa.Column("law", sa.String(length=8), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("authority_told_at", Instant(), nullable=True),
        sa.Column("people_told_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("breach_clocks", "breach_id", "breaches.id"),
        _points("breach_clocks", "region", "here.region"),
        sa.PrimaryKeyConstraint("breach_id", "law", name=op.f("pk_breach_clocks")),
    )
    op.create_table(
        "breach_people",
        sa.Column("breach_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("breach_people", "breach_id", "breaches.id"),
        _points("breach_people", "person_id", "persons.id"),
        _points("breach_people", "region", "here.region"),
        sa.PrimaryKeyConstraint("breach_id", "person_id", name=op.f("pk_breach_people")),
    )
    op.create_index(op.f("ix_breach_people_person_id"), "breach_people", ["person_id"])


def downgrade() -> None:
    for name in ("breach_people", "breach_clocks", "breaches"):
        op.drop_table(name)


def _points(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
