"""Which class a car is of, so that segments can ask for it"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vehicles", sa.Column("vehicle_class", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("vehicles", "vehicle_class")
