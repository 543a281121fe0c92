"""Passkeys and what they sign, codes by mail, and what is known of the browser behind a session"""

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(op.f("ix_sign_in_links_browser_hash"), "sign_in_links", ["browser_hash"])
    op.create_index(op.f("ix_sign_in_links_principal_id"), "sign_in_links", ["principal_id"])
    op.create_table(
        "passkeys",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("principal_id", sa.BigInteger(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        *_keys("passkeys", "credential"),
    )
    op.create_index(op.f("ix_passkeys_principal_id"), "passkeys", ["principal_id"])
    op.create_table(
        "challenges",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("principal_id", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        *_keys("challenges", "value"),
    )
    op.create_index(op.f("ix_challenges_principal_id"), "challenges", ["principal_id"])


def downgrade() -> None:
    op.drop_table("challenges")
    op.drop_table("passkeys")
    op.drop_index(op.f("ix_sign_in_links_principal_id"), "sign_in_links")
    op.drop_index(op.f("ix_sign_in_links_browser_hash"), "sign_in_links")
    for table, columns in _added().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)


def _added() -> dict[str, tuple[sa.Column[object], ...]]:
    return {
        "sessions": (
            sa.Column("via", sa.String(length=12), nullable=False, server_default="link"),
            sa.Column("device", sa.String(length=60), nullable=False, server_default=""),
            sa.Column("mark", sa.LargeBinary(), nullable=True),
        ),
        "sign_in_links": (
            sa.Column("browser_hash", sa.LargeBinary(), nullable=True),
            sa.Column("code_hash", sa.LargeBinary(), nullable=True),
            sa.Column("tries", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("sealed", sa.LargeBinary(), nullable=True),
        ),
    }


def _keys(table: str, unique: str) -> list[sa.schema.SchemaItem]:
    points = {"principal_id": "principals.id", "region": "here.region"}
    return [
        sa.Column("region", sa.String(length=8), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [name], [target], name=op.f(f"fk_{table}_{name}"), initially="DEFERRED", deferrable=True
            )
            for name, target in points.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(unique, name=op.f(f"uq_{table}_{unique}")),
    ]
