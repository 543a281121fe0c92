"""Who may come in: principals, their roles, server-side sessions, API tokens, and sign-in links that work once."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import ACCESS


class Principal(Regional, Base):
    """Somebody who signs in, or a machine with tokens: at most one of customer, driver, staff, or none (a partner)."""

    __tablename__ = "principals"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=ACCESS)
    title: Mapped[str] = mapped_column(String(80), info=ACCESS)
    person_id: Mapped[int | None] = mapped_column(points_at("persons.id"), info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=ACCESS)
    ended_at: Mapped[datetime | None] = mapped_column(info=ACCESS)


class Role(Regional, Base):
    """A principal's role, within one branch or (None) the whole region."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("principal_id", "role", "branch"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), info=ACCESS)
    role: Mapped[str] = mapped_column(String(24), info=ACCESS)
    branch: Mapped[str | None] = mapped_column(String(32), info=ACCESS)
    granted_at: Mapped[datetime] = mapped_column(info=ACCESS)


class Session(Regional, Base):
    """A browser that is signed in; only the hash of its secret is kept."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "principal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    secret_hash: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), info=ACCESS)
    began_at: Mapped[datetime] = mapped_column(info=ACCESS)
    seen_at: Mapped[datetime] = mapped_column(info=ACCESS)
    expires_at: Mapped[datetime] = mapped_column(info=ACCESS)
    revoked_at: Mapped[datetime | None] = mapped_column(info=ACCESS)


class SignInLink(Regional, Base):
    """A link that signs its principal in, once, by POST."""

    __tablename__ = "sign_in_links"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    secret_hash: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=ACCESS)
    expires_at: Mapped[datetime] = mapped_column(info=ACCESS)
    used_at: Mapped[datetime | None] = mapped_column(info=ACCESS)


class Token(Regional, Base):
    """An API token: hash, scopes, end. connection: whose rows it may tell (rows:write), by name."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    secret_hash: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), info=ACCESS)
    scopes: Mapped[list[str]] = mapped_column(info=ACCESS)
    connection: Mapped[str | None] = mapped_column(String(40), info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=ACCESS)
    expires_at: Mapped[datetime | None] = mapped_column(info=ACCESS)
    revoked_at: Mapped[datetime | None] = mapped_column(info=ACCESS)
