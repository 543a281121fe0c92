"""Requests of a person beside erasure, and since when nothing is predicted of somebody"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("persons", sa.Column("unprofiled_at", Instant(), nullable=True))
    op.create_table(
        "person_requests",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("jurisdiction", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("came_by", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("wish", sa.LargeBinary(), nullable=True),
        sa.Column("verified_by", sa.String(length=80), nullable=True),
        sa.Column("verified_how", sa.String(length=40), nullable=True),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.Column("extended_at", Instant(), nullable=True),
        sa.Column("extended_for", sa.String(length=40), nullable=True),
        sa.Column("settled_by", sa.String(length=80), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("person_id", "persons.id"),
        _points("region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_requests")),
        sa.UniqueConstraint("ref", name=op.f("uq_person_requests_ref")),
    )
    op.create_index(op.f("ix_person_requests_person_id_kind"), "person_requests", ["person_id", "kind"])
    op.create_index(op.f("ix_person_requests_state_due_on"), "person_requests", ["state", "due_on"])


def downgrade() -> None:
    op.drop_table("person_requests")
    op.drop_column("persons", "unprofiled_at")


def _points(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_person_requests_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
