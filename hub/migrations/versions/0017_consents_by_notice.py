"""Notices by layout and materiality, how a consent came, and the first step of a double opt-in"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("layout", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("notices", sa.Column("material", sa.BigInteger(), nullable=False, server_default="1"))
    op.add_column("consents", sa.Column("how", sa.String(length=24), nullable=False, server_default=""))
    op.add_column("consents", sa.Column("language", sa.String(length=8), nullable=False, server_default=""))
    op.create_table(
        "consent_asks",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("person_id", "persons.id"),
        _points("region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_asks")),
        sa.UniqueConstraint("ref", name=op.f("uq_consent_asks_ref")),
    )
    op.create_index(op.f("ix_consent_asks_person_id"), "consent_asks", ["person_id"])


def downgrade() -> None:
    op.drop_table("consent_asks")
    for column in ("language", "how"):
        op.drop_column("consents", column)
    for column in ("material", "layout"):
        op.drop_column("notices", column)


def _points(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_consent_asks_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
