"""Guest links: one estimate shown once to somebody without an account"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guest_links",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("estimate_id", sa.BigInteger(), nullable=False),
        sa.Column("sees", sa.String(length=8), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("opens", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("customer_id", "customers.id"),
        _points("estimate_id", "estimates.id"),
        _points("region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_links")),
        sa.UniqueConstraint("ref", name=op.f("uq_guest_links_ref")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_guest_links_secret_hash")),
    )
    for column in ("customer_id", "estimate_id"):
        op.create_index(op.f(f"ix_guest_links_{column}"), "guest_links", [column])


def downgrade() -> None:
    op.drop_table("guest_links")


def _points(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_guest_links_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
