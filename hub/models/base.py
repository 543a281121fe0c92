"""What all tables share: ids, instants, local days, money, region, and the naming of constraints."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    literal_column,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from hub.models.classify import PLAIN

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment: aware UTC in Python; fixed-width UTC text on SQLite, so that it sorts, and timestamptz elsewhere."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no zone; an instant is aware")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: Mapping[Any, Any] = {
        int: BigInteger(),
        datetime: Instant(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
    }


def points_at(column: str) -> ForeignKey:
    """A foreign key that is checked when the transaction commits, so that rows may be written in any order within it."""
    return ForeignKey(column, deferrable=True, initially="DEFERRED")


class Here(Base):
    """One row: the region this database is. Every personal table points at it, so a row of another region is refused."""

    __tablename__ = "here"

    region: Mapped[str] = mapped_column(String(8), primary_key=True, info=PLAIN)
    cell: Mapped[int] = mapped_column(info=PLAIN)
    opened_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Node(Base):
    """Numbers that processes take in turn, so that two never make the same id."""

    __tablename__ = "nodes"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    taken_at: Mapped[datetime | None] = mapped_column(info=PLAIN)


class Regional:
    """Rows that lie in one region for good."""

    @declared_attr
    @classmethod
    def region(cls) -> Mapped[str]:
        return mapped_column(String(8), points_at("here.region"), info=PLAIN)


def table(model: type[Base]) -> Table:
    """The table of a model, for statements that go past the ORM."""
    return cast(Table, model.__table__)


def aside(column: Any) -> ColumnElement[Any]:
    """The column as one that no index answers, for what is asked of a few ids beside: SQLite takes a connection for the better
    way to them, and would read all that it has."""
    return cast(ColumnElement[Any], column + literal_column("0"))


def new_ref() -> str:
    """128 random bits, for use outside: URLs, partners, the directory."""
    return secrets.token_hex(16)
