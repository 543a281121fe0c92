"""Erasure requests, restriction, and the sealed chain of audit entries"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("persons", sa.Column("restricted_at", Instant(), nullable=True))
    op.create_table(
        "erasure_requests",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("jurisdiction", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("verified_by", sa.String(length=80), nullable=True),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("certificate", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.id"],
            name=op.f("fk_erasure_requests_person_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        _here("erasure_requests"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
        sa.UniqueConstraint("ref", name=op.f("uq_erasure_requests_ref")),
    )
    op.create_index(op.f("ix_erasure_requests_person_id"), "erasure_requests", ["person_id"])
    op.create_index(op.f("ix_erasure_requests_state"), "erasure_requests", ["state"])
    op.create_table(
        "audit_seals",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        _here("audit_seals"),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seals_entry_id")),
    )
    op.create_table(
        "anchors",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        _here("anchors"),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_anchors")),
    )


def downgrade() -> None:
    op.drop_table("anchors")
    op.drop_table("audit_seals")
    op.drop_table("erasure_requests")
    op.drop_column("persons", "restricted_at")


def _here(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_region")
    return sa.ForeignKeyConstraint(["region"], ["here.region"], name=name, initially="DEFERRED", deferrable=True)
