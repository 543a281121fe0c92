"""What campaigns were worth, counted ahead of being looked at"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "return_reports",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("span", sa.String(length=8), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("counted_at", Instant(), nullable=False),
        sa.Column("took", sa.Double(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_reports")),
        sa.UniqueConstraint("span", "branch", name=op.f("uq_return_reports_span_branch")),
    )


def downgrade() -> None:
    op.drop_table("return_reports")
