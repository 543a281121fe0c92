"""Documents keep what was sent as a sealed hash, by which they are known again at another home"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("sent", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("documents", "sent")
