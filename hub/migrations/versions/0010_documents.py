"""Documents of customers, with whom they were shared, and who looked"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hub.models.base import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents",
        _number("id"),
        sa.Column("ref", sa.String(length=32), nullable=False),
        _number("customer_id"),
        _number("vehicle_id", nullable=True),
        _number("visit_id", nullable=True),
        _number("connection_id"),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("media", sa.String(length=80), nullable=False),
        _number("size"),
        sa.Column("file", sa.String(length=32), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        _number("progress"),
        _number("attempts"),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        _number("brought_by", nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        *_points("documents", customer_id="customers.id", vehicle_id="vehicles.id", visit_id="visits.id",
                 connection_id="connections.id", region="here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("ref", name=op.f("uq_documents_ref")),
        sa.UniqueConstraint("connection_id", "key_hash", name=op.f("uq_documents_connection_id_key_hash")),
    )  # fmt: skip
    _index("documents", ["customer_id", "state", "issued_on"])
    _index("documents", ["vehicle_id"])
    _index("documents", ["visit_id"])
    _index("documents", ["file"], unique=True)
    _index("documents", ["state", "lease_until"])
    _index("documents", ["kind", "ends_on"])
    op.create_table(
        "document_shares",
        _number("id"),
        sa.Column("ref", sa.String(length=32), nullable=False),
        _number("document_id"),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        _number("most_opens"),
        _number("opens"),
        _number("wrong"),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=False),
        *_points("document_shares", document_id="documents.id", region="here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_shares")),
        sa.UniqueConstraint("ref", name=op.f("uq_document_shares_ref")),
    )
    _index("document_shares", ["document_id"])
    op.create_table(
        "document_views",
        _number("id"),
        _number("document_id"),
        sa.Column("viewer", sa.String(length=16), nullable=False),
        _number("viewer_id"),
        _number("sitting"),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        *_points("document_views", document_id="documents.id", region="here.region"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_views")),
        sa.UniqueConstraint("document_id", "viewer", "viewer_id", "sitting", "how",
                            name=op.f("uq_document_views_document_id_viewer_viewer_id_sitting_how")),
    )  # fmt: skip
    _index("document_views", ["document_id", "at"])


def downgrade() -> None:
    op.drop_table("document_views")
    op.drop_table("document_shares")
    op.drop_table("documents")


def _number(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, autoincrement=False)


def _points(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [name], [target], name=op.f(f"fk_{table}_{name}"), initially="DEFERRED", deferrable=True
        )
        for name, target in columns.items()
    ]


def _index(table: str, columns: Sequence[str], unique: bool = False) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=unique)
