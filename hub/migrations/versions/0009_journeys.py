"""Journeys: versions, enrollments, the log of their steps, experiments, exposures, tasks"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("journey", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("arms", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiments")),
    )
    op.create_index(
        "uq_experiments_open",
        "experiments",
        ["experiment"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "journey_versions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("journey", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=False),
        sa.Column("applied_by", sa.String(length=80), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journey_versions")),
        sa.UniqueConstraint("journey", "hash", name=op.f("uq_journey_versions_journey_hash")),
    )
    op.create_index(
        "uq_journey_versions_current",
        "journey_versions",
        ["journey"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "enrollments",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("journey", sa.String(length=80), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("node", sa.String(length=40), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("visits", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("entered_at", Instant(), nullable=True),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("wake_at", Instant(), nullable=True),
        sa.Column("goal_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_enrollments_customer_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_enrollments_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["journey_versions.id"],
            name=op.f("fk_enrollments_version_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollments")),
        sa.UniqueConstraint(
            "journey", "subject_id", "generation", name=op.f("uq_enrollments_journey_subject_id_generation")
        ),
    )
    op.create_index(op.f("ix_enrollments_customer_id_state"), "enrollments", ["customer_id", "state"], unique=False)
    op.create_index(
        "ix_enrollments_due",
        "enrollments",
        ["wake_at"],
        unique=False,
        sqlite_where=sa.text("wake_at IS NOT NULL"),
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_enrollments_journey_entered_at"), "enrollments", ["journey", "entered_at"], unique=False)
    op.create_index(
        op.f("ix_enrollments_journey_state_node"), "enrollments", ["journey", "state", "node"], unique=False
    )
    op.create_table(
        "exposures",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("unit", sa.String(length=48), nullable=False),
        sa.Column("arm", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("journey", sa.String(length=80), nullable=False),
        sa.Column("enrollment_id", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.String(length=16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_exposures_customer_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_exposures_region"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposures")),
        sa.UniqueConstraint("experiment", "unit", "customer_id", name=op.f("uq_exposures_experiment_unit_customer_id")),
    )
    op.create_index(op.f("ix_exposures_customer_id"), "exposures", ["customer_id"], unique=False)
    op.create_index(op.f("ix_exposures_experiment_at"), "exposures", ["experiment", "at"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("enrollment_id", sa.BigInteger(), nullable=False),
        sa.Column("journey", sa.String(length=80), nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("visit", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by", sa.String(length=80), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_tasks_customer_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_tasks_region"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("enrollment_id", "node", "visit", name=op.f("uq_tasks_enrollment_id_node_visit")),
        sa.UniqueConstraint("ref", name=op.f("uq_tasks_ref")),
    )
    op.create_index(op.f("ix_tasks_customer_id_state"), "tasks", ["customer_id", "state"], unique=False)
    op.create_index(op.f("ix_tasks_role_state_due_at"), "tasks", ["role", "state", "due_at"], unique=False)
    op.create_table(
        "step_log",
        sa.Column("enrollment_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollments.id"],
            name=op.f("fk_step_log_enrollment_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_step_log_region"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("enrollment_id", "seq", name=op.f("pk_step_log")),
    )
    op.create_index(op.f("ix_step_log_at"), "step_log", ["at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_step_log_at"), table_name="step_log")
    op.drop_table("step_log")
    op.drop_index(op.f("ix_tasks_role_state_due_at"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_customer_id_state"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("ix_exposures_experiment_at"), table_name="exposures")
    op.drop_index(op.f("ix_exposures_customer_id"), table_name="exposures")
    op.drop_table("exposures")
    op.drop_index(op.f("ix_enrollments_journey_state_node"), table_name="enrollments")
    op.drop_index(op.f("ix_enrollments_journey_entered_at"), table_name="enrollments")
    op.drop_index(
        "ix_enrollments_due",
        table_name="enrollments",
        sqlite_where=sa.text("wake_at IS NOT NULL"),
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_enrollments_customer_id_state"), table_name="enrollments")
    op.drop_table("enrollments")
    op.drop_index(
        "uq_journey_versions_current",
        table_name="journey_versions",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("journey_versions")
    op.drop_index(
        "uq_experiments_open",
        table_name="experiments",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_table("experiments")
