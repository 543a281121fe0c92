"""Why somebody is forgotten stands with it: their own wish, a move of their home, or the end of a stranger's term"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0040"
branch_labels = None
depends_on = None

CAUSES = """
UPDATE erasure_requests SET cause = CASE
    WHEN ref IN (SELECT erasure FROM moves WHERE erasure IS NOT NULL) THEN 'move'
    WHEN asked_by = 'retention' THEN 'retention' ELSE 'wish' END
"""


def upgrade() -> None:
    op.add_column("erasure_requests", sa.Column("cause", sa.String(12), nullable=False, server_default="wish"))
    op.execute(CAUSES)


def downgrade() -> None:
    with op.batch_alter_table("erasure_requests") as table:
        table.drop_column("cause")
