"""The garage's own work: visits, invoices, inspections, advice, appointments"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "referrals",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("referred_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("rewarded_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_referrals_customer_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["referred_id"],
            ["customers.id"],
            name=op.f("fk_referrals_referred_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_referrals_region"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
        sa.UniqueConstraint("referred_id", name=op.f("uq_referrals_referred_id")),
    )
    op.create_index(op.f("ix_referrals_customer_id"), "referrals", ["customer_id"], unique=False)
    op.create_table(
        "visits",
        sa.Column("vehicle_id", sa.BigInteger(), nullable=True),
        sa.Column("branch", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("odometer_km", sa.BigInteger(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_visits_connection_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_visits_customer_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_visits_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_visits_vehicle_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("connection_id", "key_hash", name=op.f("uq_visits_connection_id_key_hash")),
    )
    op.create_index(op.f("ix_visits_branch_local_day"), "visits", ["branch", "local_day"], unique=False)
    op.create_index(op.f("ix_visits_customer_id_local_day"), "visits", ["customer_id", "local_day"], unique=False)
    op.create_index(op.f("ix_visits_vehicle_id_local_day"), "visits", ["vehicle_id", "local_day"], unique=False)
    op.create_table(
        "appointments",
        sa.Column("vehicle_id", sa.BigInteger(), nullable=True),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("bay_id", sa.BigInteger(), nullable=True),
        sa.Column("slot_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("booked_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("services", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["bay_id"], ["bays.id"], name=op.f("fk_appointments_bay_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_appointments_connection_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_appointments_customer_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_appointments_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slots.id"], name=op.f("fk_appointments_slot_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"],
            ["vehicles.id"],
            name=op.f("fk_appointments_vehicle_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("connection_id", "key_hash", name=op.f("uq_appointments_connection_id_key_hash")),
        sa.UniqueConstraint("slot_id", name=op.f("uq_appointments_slot_id")),
    )
    op.create_index(op.f("ix_appointments_bay_id_starts_at"), "appointments", ["bay_id", "starts_at"], unique=False)
    op.create_index(op.f("ix_appointments_branch_starts_at"), "appointments", ["branch", "starts_at"], unique=False)
    op.create_index(
        op.f("ix_appointments_customer_id_starts_at"), "appointments", ["customer_id", "starts_at"], unique=False
    )
    op.create_table(
        "costs",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("campaign", sa.String(length=80), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("incurred_on", sa.Date(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_costs_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_costs_visit_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_costs")),
    )
    op.create_index(op.f("ix_costs_campaign_incurred_on"), "costs", ["campaign", "incurred_on"], unique=False)
    op.create_index(op.f("ix_costs_visit_id"), "costs", ["visit_id"], unique=False)
    op.create_table(
        "inspections",
        sa.Column("visit_hash", sa.LargeBinary(), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=True),
        sa.Column("branch", sa.String(length=32), nullable=True),
        sa.Column("done_at", Instant(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("odometer_km", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_inspections_connection_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_inspections_customer_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_inspections_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"],
            ["vehicles.id"],
            name=op.f("fk_inspections_vehicle_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_inspections_visit_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections")),
        sa.UniqueConstraint("connection_id", "key_hash", name=op.f("uq_inspections_connection_id_key_hash")),
    )
    op.create_index(op.f("ix_inspections_customer_id_done_on"), "inspections", ["customer_id", "done_on"], unique=False)
    op.create_index(op.f("ix_inspections_vehicle_id_done_on"), "inspections", ["vehicle_id", "done_on"], unique=False)
    op.create_index(op.f("ix_inspections_visit_hash"), "inspections", ["visit_hash"], unique=False)
    op.create_index(op.f("ix_inspections_visit_id"), "inspections", ["visit_id"], unique=False)
    op.create_table(
        "invoices",
        sa.Column("visit_hash", sa.LargeBinary(), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("branch", sa.String(length=32), nullable=True),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_invoices_connection_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_invoices_customer_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_invoices_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_invoices_visit_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("connection_id", "key_hash", name=op.f("uq_invoices_connection_id_key_hash")),
    )
    op.create_index(op.f("ix_invoices_branch_issued_on"), "invoices", ["branch", "issued_on"], unique=False)
    op.create_index(op.f("ix_invoices_customer_id_issued_on"), "invoices", ["customer_id", "issued_on"], unique=False)
    op.create_index(op.f("ix_invoices_visit_hash"), "invoices", ["visit_hash"], unique=False)
    op.create_index(op.f("ix_invoices_visit_id"), "invoices", ["visit_id"], unique=False)
    op.create_table(
        "lines",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_lines_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_lines_visit_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lines")),
    )
    op.create_index(op.f("ix_lines_code"), "lines", ["code"], unique=False)
    op.create_index(op.f("ix_lines_visit_id"), "lines", ["visit_id"], unique=False)
    op.create_table(
        "recommendations",
        sa.Column("visit_hash", sa.LargeBinary(), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=True),
        sa.Column("branch", sa.String(length=32), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=True),
        sa.Column("safety", sa.String(length=16), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("declined_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_km", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_recommendations_connection_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_recommendations_customer_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_recommendations_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"],
            ["vehicles.id"],
            name=op.f("fk_recommendations_vehicle_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_recommendations_visit_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendations")),
        sa.UniqueConstraint("connection_id", "key_hash", name=op.f("uq_recommendations_connection_id_key_hash")),
    )
    op.create_index(
        op.f("ix_recommendations_customer_id_state"), "recommendations", ["customer_id", "state"], unique=False
    )
    op.create_index(op.f("ix_recommendations_state_due_on"), "recommendations", ["state", "due_on"], unique=False)
    op.create_index(
        op.f("ix_recommendations_vehicle_id_state"), "recommendations", ["vehicle_id", "state"], unique=False
    )
    op.create_index(op.f("ix_recommendations_visit_hash"), "recommendations", ["visit_hash"], unique=False)
    op.create_index(op.f("ix_recommendations_visit_id"), "recommendations", ["visit_id"], unique=False)
    op.create_table(
        "findings",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("inspection_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("safety", sa.String(length=16), nullable=False),
        sa.Column("measured", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(length=8), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["inspections.id"],
            name=op.f("fk_findings_inspection_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_findings_region"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_inspection_id"), "findings", ["inspection_id"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
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
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_offers_customer_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendations.id"],
            name=op.f("fk_offers_recommendation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["here.region"], name=op.f("fk_offers_region"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_offers_visit_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_code"), "offers", ["code"], unique=False)
    op.create_index(op.f("ix_offers_customer_id_valid_until"), "offers", ["customer_id", "valid_until"], unique=False)
    op.add_column("events", sa.Column("about_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_events_about_id"), "events", ["about_id"], unique=False)
    op.add_column("profiles", sa.Column("visits_last_odometer", sa.BigInteger(), nullable=True))
    op.add_column("profiles", sa.Column("recommendations_open", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(
        "profiles", sa.Column("recommendations_declined", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("profiles", sa.Column("recommendations_due_on", sa.Date(), nullable=True))
    op.add_column("profiles", sa.Column("appointments_next_on", sa.Date(), nullable=True))
    op.add_column("profiles", sa.Column("appointments_missed", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("profiles", sa.Column("vehicles_oldest_on", sa.Date(), nullable=True))
    op.create_index(op.f("ix_profiles_appointments_missed"), "profiles", ["appointments_missed"], unique=False)
    op.create_index(op.f("ix_profiles_appointments_next_on"), "profiles", ["appointments_next_on"], unique=False)
    op.create_index(
        op.f("ix_profiles_recommendations_declined"), "profiles", ["recommendations_declined"], unique=False
    )
    op.create_index(op.f("ix_profiles_recommendations_due_on"), "profiles", ["recommendations_due_on"], unique=False)
    op.create_index(op.f("ix_profiles_recommendations_open"), "profiles", ["recommendations_open"], unique=False)
    op.create_index(op.f("ix_profiles_vehicles_oldest_on"), "profiles", ["vehicles_oldest_on"], unique=False)
    op.create_index(op.f("ix_profiles_visits_last_odometer"), "profiles", ["visits_last_odometer"], unique=False)
    op.add_column("slots", sa.Column("closed_at", Instant(), nullable=True))
    op.add_column("tokens", sa.Column("connection", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("tokens", "connection")
    op.drop_column("slots", "closed_at")
    op.drop_index(op.f("ix_profiles_visits_last_odometer"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_vehicles_oldest_on"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_recommendations_open"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_recommendations_due_on"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_recommendations_declined"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_appointments_next_on"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_appointments_missed"), table_name="profiles")
    op.drop_column("profiles", "vehicles_oldest_on")
    op.drop_column("profiles", "appointments_missed")
    op.drop_column("profiles", "appointments_next_on")
    op.drop_column("profiles", "recommendations_due_on")
    op.drop_column("profiles", "recommendations_declined")
    op.drop_column("profiles", "recommendations_open")
    op.drop_column("profiles", "visits_last_odometer")
    op.drop_index(op.f("ix_events_about_id"), table_name="events")
    op.drop_column("events", "about_id")
    op.drop_index(op.f("ix_offers_customer_id_valid_until"), table_name="offers")
    op.drop_index(op.f("ix_offers_code"), table_name="offers")
    op.drop_table("offers")
    op.drop_index(op.f("ix_findings_inspection_id"), table_name="findings")
    op.drop_table("findings")
    op.drop_index(op.f("ix_recommendations_visit_id"), table_name="recommendations")
    op.drop_index(op.f("ix_recommendations_visit_hash"), table_name="recommendations")
    op.drop_index(op.f("ix_recommendations_vehicle_id_state"), table_name="recommendations")
    op.drop_index(op.f("ix_recommendations_state_due_on"), table_name="recommendations")
    op.drop_index(op.f("ix_recommendations_customer_id_state"), table_name="recommendations")
    op.drop_table("recommendations")
    op.drop_index(op.f("ix_lines_visit_id"), table_name="lines")
    op.drop_index(op.f("ix_lines_code"), table_name="lines")
    op.drop_table("lines")
    op.drop_index(op.f("ix_invoices_visit_id"), table_name="invoices")
    op.drop_index(op.f("ix_invoices_visit_hash"), table_name="invoices")
    op.drop_index(op.f("ix_invoices_customer_id_issued_on"), table_name="invoices")
    op.drop_index(op.f("ix_invoices_branch_issued_on"), table_name="invoices")
    op.drop_table("invoices")
    op.drop_index(op.f("ix_inspections_visit_id"), table_name="inspections")
    op.drop_index(op.f("ix_inspections_visit_hash"), table_name="inspections")
    op.drop_index(op.f("ix_inspections_vehicle_id_done_on"), table_name="inspections")
    op.drop_index(op.f("ix_inspections_customer_id_done_on"), table_name="inspections")
    op.drop_table("inspections")
    op.drop_index(op.f("ix_costs_visit_id"), table_name="costs")
    op.drop_index(op.f("ix_costs_campaign_incurred_on"), table_name="costs")
    op.drop_table("costs")
    op.drop_index(op.f("ix_appointments_customer_id_starts_at"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_branch_starts_at"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_bay_id_starts_at"), table_name="appointments")
    op.drop_table("appointments")
    op.drop_index(op.f("ix_visits_vehicle_id_local_day"), table_name="visits")
    op.drop_index(op.f("ix_visits_customer_id_local_day"), table_name="visits")
    op.drop_index(op.f("ix_visits_branch_local_day"), table_name="visits")
    op.drop_table("visits")
    op.drop_index(op.f("ix_referrals_customer_id"), table_name="referrals")
    op.drop_table("referrals")
