"""Archived invoices: what a tax law wants kept of somebody who was erased, each under a key of its own"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archived_invoices",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("law", sa.String(length=8), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("archived_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("data_key_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_of", sa.LargeBinary(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("person_id", "persons.id"),
        _points("data_key_id", "data_keys.id"),
        _points("region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archived_invoices")),
        sa.UniqueConstraint("ref", name=op.f("uq_archived_invoices_ref")),
        sa.UniqueConstraint("made_of", name=op.f("uq_archived_invoices_made_of")),
    )
    for column in ("person_id", "ends_at", "data_key_id"):
        op.create_index(op.f(f"ix_archived_invoices_{column}"), "archived_invoices", [column])


def downgrade() -> None:
    op.drop_table("archived_invoices")


def _points(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_archived_invoices_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
