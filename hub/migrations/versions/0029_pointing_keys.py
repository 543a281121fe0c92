"""What a deletion asks: every key that points at rows which end leads an index, as the database looks there for each of them. And
the few who are restricted, whom no count may hold"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

POINTING = (
    ("agreements", "person_id"),
    ("assignments", "job_id"),
    ("attempts", "message_id"),
    ("conflicts", "person_id"),
    ("conversations", "customer_id"),
    ("dead_letters", "delivery_id"),
    ("dead_letters", "message_id"),
    ("deliveries", "data_key_id"),
    ("duplicates", "other_id"),
    ("endpoints", "data_key_id"),
    ("fleets", "keeper_id"),
    ("fleets", "principal_id"),
    ("handoffs", "conversation_id"),
    ("jobs", "data_key_id"),
    ("jobs", "fleet_id"),
    ("jobs", "principal_id"),
    ("links", "person_id"),
    ("links", "replaced_by"),
    ("persons", "data_key_id"),
    ("principals", "person_id"),
    ("timers", "level_id"),
    ("tokens", "principal_id"),
)
RESTRICTED = sa.text("restricted_at IS NOT NULL")


# A large database builds them beforehand by CREATE INDEX CONCURRENTLY, and nobody waits: what is there already stays.
def upgrade() -> None:
    for table, column in POINTING:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], if_not_exists=True)
    op.create_index(
        op.f("ix_persons_restricted_at"), "persons", ["restricted_at"], if_not_exists=True,
        postgresql_where=RESTRICTED, sqlite_where=RESTRICTED,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index(op.f("ix_persons_restricted_at"), "persons", if_exists=True)
    for table, column in POINTING:
        op.drop_index(op.f(f"ix_{table}_{column}"), table, if_exists=True)
