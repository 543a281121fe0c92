"""Runs of scorers, what each car will probably need, and outreach lists with what came of them"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scorer_runs",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scorer", sa.String(length=40), nullable=False),
        sa.Column("verb", sa.String(length=8), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorer_runs")),
    )
    op.create_index(op.f("ix_scorer_runs_scorer_verb_as_of"), "scorer_runs", ["scorer", "verb", "as_of"], unique=False)
    op.create_index(op.f("ix_scorer_runs_state_id"), "scorer_runs", ["state", "id"], unique=False)
    op.create_table(
        "needs",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("support", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("margin_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("reasons", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_needs_customer_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_needs_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_needs_vehicle_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
    )
    op.create_index(op.f("ix_needs_customer_id_as_of"), "needs", ["customer_id", "as_of"], unique=False)
    op.create_index(op.f("ix_needs_vehicle_id"), "needs", ["vehicle_id"], unique=False)
    op.create_table(
        "outreach",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=True),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("control", sa.Boolean(), nullable=False),
        sa.Column("safety", sa.Boolean(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("churn", sa.Double(), nullable=True),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("reasons", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("outcome_at", Instant(), nullable=True),
        sa.Column("outcome_by", sa.String(length=80), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_outreach_customer_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_outreach_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_outreach_vehicle_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach")),
        sa.UniqueConstraint("customer_id", "listed_on", name=op.f("uq_outreach_customer_id_listed_on")),
    )
    op.create_index(
        op.f("ix_outreach_branch_listed_on_rank"), "outreach", ["branch", "listed_on", "rank"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_outreach_branch_listed_on_rank"), table_name="outreach")
    op.drop_table("outreach")
    op.drop_index(op.f("ix_needs_vehicle_id"), table_name="needs")
    op.drop_index(op.f("ix_needs_customer_id_as_of"), table_name="needs")
    op.drop_table("needs")
    op.drop_index(op.f("ix_scorer_runs_state_id"), table_name="scorer_runs")
    op.drop_index(op.f("ix_scorer_runs_scorer_verb_as_of"), table_name="scorer_runs")
    op.drop_table("scorer_runs")
