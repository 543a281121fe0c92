"""How the wish of an erasure came in stands with it, as with every other request"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("erasure_requests", sa.Column("came_by", sa.String(16), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("erasure_requests") as table:
        table.drop_column("came_by")
