"""Up to when time was counted into a segment, so that the clock looks at what has passed since alone"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segment_versions", sa.Column("refreshed_at", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("segment_versions", "refreshed_at")
