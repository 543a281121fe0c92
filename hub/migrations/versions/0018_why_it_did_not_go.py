"""Why a message did not go, or not yet, as one word of a closed list"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("why", sa.String(length=16), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("messages", "why")
