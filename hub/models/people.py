"""People: a Person owns the key, and is a Customer, a Driver or Staff beside it; personal values are ciphertext."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, Index, String, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, aliased, mapped_column

from hub.models.base import Base, Regional, aside, points_at
from hub.models.classify import INDEX, KEY, PLAIN, PROOF, SEALED, SERVICE, SERVICE_REF

RESTRICTED = text("restricted_at IS NOT NULL")


class Person(Regional, Base):
    """jurisdiction: which law (DE, AE, SG ...), apart from region: where the bytes lie. data_key_id is None once shredded.
    restricted_at: since then their data is kept and not used, until the request behind it is settled. unprofiled_at: since
    then nothing is predicted of them, as they objected (GDPR Art. 21). moved_to: the region that is their home now; what
    still comes in about them here is about nobody."""

    __tablename__ = "persons"
    __table_args__ = (Index(None, "restricted_at", postgresql_where=RESTRICTED, sqlite_where=RESTRICTED),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=SERVICE_REF)
    jurisdiction: Mapped[str] = mapped_column(String(8), info=SERVICE)
    data_key_id: Mapped[int | None] = mapped_column(points_at("data_keys.id"), index=True, info=KEY)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)
    erased_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    restricted_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    unprofiled_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    moved_to: Mapped[str | None] = mapped_column(String(8), info=PLAIN)


class PersonalValue(Regional, Base):
    """One field of a person, sealed under their data key. about_id: the vehicle a plate or VIN belongs to, else 0."""

    __tablename__ = "personal_values"

    person_id: Mapped[int] = mapped_column(points_at("persons.id"), primary_key=True, info=SERVICE_REF)
    field: Mapped[str] = mapped_column(String(32), primary_key=True, info=PLAIN)
    about_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=0, info=SERVICE_REF)
    sealed: Mapped[bytes] = mapped_column(info=SEALED)


class Alias(Regional, Base):
    """A name somebody can be found by: keyed hash of the folded value, under the pepper of its epoch."""

    __tablename__ = "aliases"
    __table_args__ = (
        Index(None, "kind", "hash"),
        Index(None, "epoch"),
        UniqueConstraint("person_id", "kind", "hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), info=SERVICE_REF)
    kind: Mapped[str] = mapped_column(String(24), info=PLAIN)
    hash: Mapped[bytes] = mapped_column(info=INDEX)
    epoch: Mapped[int] = mapped_column(info=PLAIN)
    sealed: Mapped[bytes] = mapped_column(info=SEALED)


class Customer(Regional, Base):
    """A person as the garage's customer. version: raised at each fold, and the row that orders all that happens to them."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=SERVICE_REF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), unique=True, info=SERVICE_REF)
    branch: Mapped[str | None] = mapped_column(String(32), info=SERVICE)
    language: Mapped[str | None] = mapped_column(String(8), info=SERVICE)
    joined_on: Mapped[date | None] = mapped_column(info=SERVICE)
    version: Mapped[int] = mapped_column(default=0, info=PLAIN)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Merger(Regional, Base):
    """Two customers were one person: the ref of the lost one answers for the kept one from now on, and its shell says nothing. Never
    a chain: when the kept one is merged itself, all that led to it lead on."""

    __tablename__ = "mergers"
    __table_args__ = (Index(None, "kept_id"),)

    lost_id: Mapped[int] = mapped_column(points_at("customers.id"), primary_key=True, autoincrement=False, info=PROOF)
    kept_id: Mapped[int] = mapped_column(points_at("customers.id"), info=PROOF)
    merged_at: Mapped[datetime] = mapped_column(info=PROOF)
    merged_by: Mapped[str] = mapped_column(String(80), info=PROOF)


def called(ref: str) -> ColumnElement[bool]:
    """The customer who answers to this ref: themselves, or whoever they were merged into."""
    named = aliased(Customer)
    leads = select(func.coalesce(Merger.kept_id, named.id)).outerjoin(Merger, Merger.lost_id == named.id)
    return Customer.id == leads.select_from(named).where(named.ref == ref).scalar_subquery()


class Driver(Regional, Base):
    """A person who drives a vehicle that somebody else owns or pays for."""

    __tablename__ = "drivers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=SERVICE_REF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), unique=True, info=SERVICE_REF)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Staff(Regional, Base):
    """A person who works for the garage."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=SERVICE_REF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), unique=True, info=SERVICE_REF)
    branch: Mapped[str | None] = mapped_column(String(32), info=SERVICE)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)
    left_at: Mapped[datetime | None] = mapped_column(info=PLAIN)


class Link(Regional, Base):
    """A partner's id for a Customer or a Vehicle (`about`), found by keyed hash. replaced_by: followed after a merge."""

    __tablename__ = "links"
    __table_args__ = (
        UniqueConstraint("connection_id", "about", "hash"),
        Index(None, "about", "about_id"),
        Index(None, "epoch"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=PLAIN)
    about: Mapped[str] = mapped_column(String(16), info=PLAIN)
    about_id: Mapped[int] = mapped_column(info=SERVICE_REF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), index=True, info=SERVICE_REF)
    hash: Mapped[bytes] = mapped_column(info=INDEX)
    epoch: Mapped[int] = mapped_column(info=PLAIN)
    sealed: Mapped[bytes] = mapped_column(info=SEALED)
    replaced_by: Mapped[int | None] = mapped_column(points_at("links.id"), index=True, info=SERVICE_REF)


def named_at(connection_id: int, about: str) -> tuple[ColumnElement[bool], ...]:
    """Links that say what a partner calls things of ours now; asked by our own ids."""
    return aside(Link.connection_id) == connection_id, Link.about == about, Link.replaced_by.is_(None)
