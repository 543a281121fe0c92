"""Identities: whom a provider of OpenID Connect means by a subject"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0032"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("principal_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("principal_id", "principals.id"),
        _points("region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer_subject")),
        sa.UniqueConstraint("principal_id", name=op.f("uq_identities_principal_id")),
    )


def downgrade() -> None:
    op.drop_table("identities")


def _points(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_identities_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
