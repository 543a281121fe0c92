"""Offers and referrals come in by the shop's doors; nothing has ever written to their tables before, so they are made anew"""

from itertools import chain

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _drop()
    op.create_table(
        "offers",
        *_told(),
        sa.Column("branch", sa.String(length=32), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("held_back", sa.Boolean(), nullable=False),
        sa.Column("percent", sa.Double(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("redeemed_at", Instant(), nullable=True),
        sa.Column("visit_hash", sa.LargeBinary(), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
        *_keys("offers", visit_id="visits.id"),
        sa.UniqueConstraint("connection_id", "key_hash", name=op.f("uq_offers_connection_id_key_hash")),
    )
    op.create_index(op.f("ix_offers_customer_id_valid_until"), "offers", ["customer_id", "valid_until"])
    op.create_index(op.f("ix_offers_code_made_at"), "offers", ["code", "made_at"])
    op.create_index(op.f("ix_offers_visit_hash"), "offers", ["visit_hash"])
    op.create_table(
        "referrals",
        *_told(),
        sa.Column("referred_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("rewarded_at", Instant(), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
        *_keys("referrals", referred_id="customers.id"),
        sa.UniqueConstraint("connection_id", "key_hash", name=op.f("uq_referrals_connection_id_key_hash")),
    )
    op.create_index(op.f("ix_referrals_customer_id"), "referrals", ["customer_id"])
    op.create_index(op.f("ix_referrals_referred_id_made_at"), "referrals", ["referred_id", "made_at"])


def downgrade() -> None:
    _drop()
    op.create_table(
        "offers",
        *_plain(),
        sa.Column("recommendation_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("percent", sa.Double(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("redeemed_at", Instant(), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        *_keys("offers", told=False, visit_id="visits.id", recommendation_id="recommendations.id"),
    )
    op.create_index(op.f("ix_offers_code"), "offers", ["code"])
    op.create_index(op.f("ix_offers_customer_id_valid_until"), "offers", ["customer_id", "valid_until"])
    op.create_table(
        "referrals",
        *_plain(),
        sa.Column("referred_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("rewarded_at", Instant(), nullable=True),
        *_keys("referrals", told=False, referred_id="customers.id"),
        sa.UniqueConstraint("referred_id", name=op.f("uq_referrals_referred_id")),
    )
    op.create_index(op.f("ix_referrals_customer_id"), "referrals", ["customer_id"])


def _drop() -> None:
    for table in ("referrals", "offers"):
        op.drop_table(table)


def _plain() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
    ]


def _told() -> list[sa.Column[object]]:
    return [
        *_plain(),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
    ]


def _keys(table: str, *, told: bool = True, **points: str) -> list[sa.schema.SchemaItem]:
    own = {"customer_id": "customers.id", "region": "here.region"}
    both = chain(own.items(), points.items(), [("connection_id", "connections.id")] if told else [])
    return [
        sa.Column("region", sa.String(length=8), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [name], [target], name=op.f(f"fk_{table}_{name}"), initially="DEFERRED", deferrable=True
            )
            for name, target in both
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]
