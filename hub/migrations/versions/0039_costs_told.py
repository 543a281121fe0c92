"""Costs that are told by a key of the teller, over a span of days"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("costs", sa.Column("key", sa.String(length=80), nullable=True))
    op.add_column("costs", sa.Column("until_on", sa.Date(), nullable=True))
    op.create_index(op.f("uq_costs_key"), "costs", ["key"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("uq_costs_key"), table_name="costs")
    op.drop_column("costs", "until_on")
    op.drop_column("costs", "key")
