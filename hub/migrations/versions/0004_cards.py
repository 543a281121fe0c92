"""Which version said a card's tier, and which its points"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cards of before were told both by one version."""
    for name in ("tier_version", "points_version"):
        op.add_column("membership_cards", sa.Column(name, sa.BigInteger(), nullable=True))
        op.execute(f"UPDATE membership_cards SET {name} = version")  # noqa: S608 - names of our own


def downgrade() -> None:
    for name in ("points_version", "tier_version"):
        op.drop_column("membership_cards", name)
