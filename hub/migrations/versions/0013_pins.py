"""Pins into and out of segments, incidents of memberships, and the text of a segment's versions"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segment_versions", sa.Column("written", sa.Text(), nullable=True))
    op.add_column("segment_versions", sa.Column("verified_at", Instant(), nullable=True))
    op.create_table(
        "pins",
        *_about(),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        *_keys("pins"),
    )
    open_ = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_pins_open", "pins", ["segment", "customer_id"], unique=True, sqlite_where=open_, postgresql_where=open_
    )
    op.create_index(op.f("ix_pins_customer_id"), "pins", ["customer_id"])
    op.create_index(op.f("ix_pins_segment_last_on"), "pins", ["segment", "last_on"])
    op.create_table(
        "incidents",
        *_about(),
        sa.Column("rule_hash", sa.String(length=64), nullable=False),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("trace", sa.LargeBinary(), nullable=True),
        sa.Column("found_at", Instant(), nullable=False),
        sa.Column("mended_at", Instant(), nullable=True),
        *_keys("incidents"),
    )
    op.create_index(op.f("ix_incidents_segment_found_at"), "incidents", ["segment", "found_at"])
    op.create_index(op.f("ix_incidents_customer_id"), "incidents", ["customer_id"])


def downgrade() -> None:
    op.drop_table("incidents")
    op.drop_table("pins")
    op.drop_column("segment_versions", "verified_at")
    op.drop_column("segment_versions", "written")


def _about() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("segment", sa.String(length=80), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
    ]


def _keys(table: str) -> list[sa.schema.SchemaItem]:
    points = {"customer_id": "customers.id", "region": "here.region"}
    return [
        sa.Column("region", sa.String(length=8), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [name], [target], name=op.f(f"fk_{table}_{name}"), initially="DEFERRED", deferrable=True
            )
            for name, target in points.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]
