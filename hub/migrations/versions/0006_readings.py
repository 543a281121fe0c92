"""When a vehicle's odometer was read"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vehicles", sa.Column("odometer_at", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("vehicles", "odometer_at")
