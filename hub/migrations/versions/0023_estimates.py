"""Estimates: what the work would cost, line by line, and what the customer said to each"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "estimates",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("visit_hash", sa.LargeBinary(), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=True),
        sa.Column("branch", sa.String(length=32), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answered_hash", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("estimates", "connection_id", "connections.id"),
        _points("estimates", "customer_id", "customers.id"),
        _points("estimates", "visit_id", "visits.id"),
        _points("estimates", "vehicle_id", "vehicles.id"),
        _points("estimates", "region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
        sa.UniqueConstraint("connection_id", "key_hash", name=op.f("uq_estimates_connection_id_key_hash")),
        sa.UniqueConstraint("ref", name=op.f("uq_estimates_ref")),
    )
    op.create_index(op.f("ix_estimates_customer_id_state"), "estimates", ["customer_id", "state"])
    for column in ("vehicle_id", "visit_id", "visit_hash"):
        op.create_index(op.f(f"ix_estimates_{column}"), "estimates", [column])
    op.create_table(
        "estimate_lines",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("estimate_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=True),
        sa.Column("safety", sa.String(length=16), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("advice_hash", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("estimate_lines", "estimate_id", "estimates.id"),
        _points("estimate_lines", "region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimate_lines")),
    )
    op.create_index(op.f("ix_estimate_lines_estimate_id"), "estimate_lines", ["estimate_id"])


def downgrade() -> None:
    for name in ("estimate_lines", "estimates"):
        op.drop_table(name)


def _points(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
