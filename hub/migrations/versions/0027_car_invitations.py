"""Car invitations: an owner lets somebody drive or pay for their car, and takes it back"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "car_invitations",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("called", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("ownership_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        _points("customer_id", "customers.id"),
        _points("vehicle_id", "vehicles.id"),
        _points("ownership_id", "ownerships.id"),
        _points("region", "here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_car_invitations")),
        sa.UniqueConstraint("ref", name=op.f("uq_car_invitations_ref")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_car_invitations_secret_hash")),
    )
    for column in ("customer_id", "vehicle_id", "ownership_id"):
        op.create_index(op.f(f"ix_car_invitations_{column}"), "car_invitations", [column])


def downgrade() -> None:
    op.drop_table("car_invitations")


def _points(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_car_invitations_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, initially="DEFERRED", deferrable=True)
