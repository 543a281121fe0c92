"""Conversations, their posts and handoffs, seats at the inbox, and timers of answers"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=True),
        sa.Column("branch", sa.String(length=32), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("desk", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("seen_by_customer", sa.BigInteger(), nullable=False),
        sa.Column("seen_by_staff", sa.BigInteger(), nullable=False),
        sa.Column("pause", sa.String(length=16), nullable=True),
        sa.Column("pause_ends_at", Instant(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.CheckConstraint("(state = 'assigned') = (owner_id IS NOT NULL)", name=op.f("ck_conversations_one_owner")),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_conversations_customer_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_conversations_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"],
            ["vehicles.id"],
            name=op.f("fk_conversations_vehicle_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("ref", name=op.f("uq_conversations_ref")),
    )
    op.create_index(op.f("ix_conversations_due_at"), "conversations", ["due_at"], unique=False)
    op.create_index(
        "ix_conversations_open",
        "conversations",
        ["customer_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index(op.f("ix_conversations_owner_id_state"), "conversations", ["owner_id", "state"], unique=False)
    op.create_index(op.f("ix_conversations_state_desk"), "conversations", ["state", "desk"], unique=False)
    op.create_table(
        "seats",
        sa.Column("principal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=True),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["principal_id"],
            ["principals.id"],
            name=op.f("fk_seats_principal_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_seats_region"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("principal_id", name=op.f("pk_seats")),
    )
    op.create_table(
        "handoffs",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("desk", sa.String(length=40), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("tried", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=True),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("explained", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_handoffs_conversation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_handoffs_region"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    op.create_index(
        "ix_handoffs_open",
        "handoffs",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("author", sa.String(length=8), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.String(length=24), nullable=True),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_posts_conversation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_posts_region"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("conversation_id", "client_id", name=op.f("uq_posts_conversation_id_client_id")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_posts_conversation_id_seq")),
    )
    op.create_table(
        "reply_timers",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("desk", sa.String(length=40), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=True),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("calendar", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("stopped_at", Instant(), nullable=True),
        sa.Column("spent_seconds", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("broken_at", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_reply_timers_conversation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_reply_timers_region"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_timers")),
        sa.UniqueConstraint(
            "conversation_id", "measure", "round", name=op.f("uq_reply_timers_conversation_id_measure_round")
        ),
    )
    op.create_index(
        op.f("ix_reply_timers_branch_measure_stopped_at"),
        "reply_timers",
        ["branch", "measure", "stopped_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_reply_timers_branch_measure_stopped_at"), table_name="reply_timers")
    op.drop_table("reply_timers")
    op.drop_table("posts")
    op.drop_index(
        "ix_handoffs_open",
        table_name="handoffs",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("handoffs")
    op.drop_table("seats")
    op.drop_index(op.f("ix_conversations_state_desk"), table_name="conversations")
    op.drop_index(op.f("ix_conversations_owner_id_state"), table_name="conversations")
    op.drop_index(
        "ix_conversations_open",
        table_name="conversations",
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.drop_index(op.f("ix_conversations_due_at"), table_name="conversations")
    op.drop_table("conversations")
