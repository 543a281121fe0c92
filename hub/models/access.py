"""Who may come in: principals, their roles, server-side sessions, API tokens, and sign-in links, passkeys and identities."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import ACCESS, ACCESS_SEALED


class Principal(Regional, Base):
    """Somebody who signs in, or a machine with tokens: at most one of customer, driver, staff, or none (a partner)."""

    __tablename__ = "principals"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=ACCESS)
    title: Mapped[str] = mapped_column(String(80), info=ACCESS)
    person_id: Mapped[int | None] = mapped_column(points_at("persons.id"), index=True, info=ACCESS)
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
    """A browser that is signed in; only the hash of its secret is kept. via: link, mail, passkey or provider. device: what the browser
    calls itself; mark: hash of what only that browser holds. A new proof of who one is begins a new session."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "principal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    secret_hash: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), info=ACCESS)
    began_at: Mapped[datetime] = mapped_column(info=ACCESS)
    seen_at: Mapped[datetime] = mapped_column(info=ACCESS)
    expires_at: Mapped[datetime] = mapped_column(info=ACCESS)
    revoked_at: Mapped[datetime | None] = mapped_column(info=ACCESS)
    via: Mapped[str] = mapped_column(String(12), default="link", info=ACCESS)
    device: Mapped[str] = mapped_column(String(60), default="", info=ACCESS)
    mark: Mapped[bytes | None] = mapped_column(info=ACCESS)


class SignInLink(Regional, Base):
    """A link that signs its principal in, once, by POST. One that was asked for by mail has a code beside it and counts in the
    browser that asked only (browser_hash); sealed: both, under the person's key, until the mail has gone."""

    __tablename__ = "sign_in_links"
    __table_args__ = (Index(None, "browser_hash"), Index(None, "principal_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    secret_hash: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=ACCESS)
    expires_at: Mapped[datetime] = mapped_column(info=ACCESS)
    used_at: Mapped[datetime | None] = mapped_column(info=ACCESS)
    browser_hash: Mapped[bytes | None] = mapped_column(info=ACCESS)
    code_hash: Mapped[bytes | None] = mapped_column(info=ACCESS)
    tries: Mapped[int] = mapped_column(default=0, info=ACCESS)
    sealed: Mapped[bytes | None] = mapped_column(info=ACCESS_SEALED)


class Passkey(Regional, Base):
    """A public key whose private half never leaves its device (W3C Web Authentication). uses: the authenticator's own count,
    which never falls where it counts at all. title: the device on which it was made."""

    __tablename__ = "passkeys"
    __table_args__ = (Index(None, "principal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), info=ACCESS)
    credential: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    public_key: Mapped[bytes] = mapped_column(info=ACCESS)
    uses: Mapped[int] = mapped_column(info=ACCESS)
    title: Mapped[str] = mapped_column(String(60), info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=ACCESS)
    used_at: Mapped[datetime | None] = mapped_column(info=ACCESS)
    revoked_at: Mapped[datetime | None] = mapped_column(info=ACCESS)


class Identity(Regional, Base):
    """Whom a provider of OpenID Connect means by a subject: the pair never changes, as names and addresses may. seen_at: when
    its roles were last told."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    issuer: Mapped[str] = mapped_column(String(255), info=ACCESS)
    subject: Mapped[str] = mapped_column(String(255), info=ACCESS)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), unique=True, info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=ACCESS)
    seen_at: Mapped[datetime] = mapped_column(info=ACCESS)


class Challenge(Regional, Base):
    """What a passkey has to sign, or a provider to send back (its hash), once, in the browser that asked. principal_id: whose
    key is being made; None to sign in."""

    __tablename__ = "challenges"
    __table_args__ = (Index(None, "principal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    value: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    browser_hash: Mapped[bytes] = mapped_column(info=ACCESS)
    principal_id: Mapped[int | None] = mapped_column(points_at("principals.id"), info=ACCESS)
    expires_at: Mapped[datetime] = mapped_column(info=ACCESS)
    used_at: Mapped[datetime | None] = mapped_column(info=ACCESS)


class Token(Regional, Base):
    """An API token: hash, scopes, end. connection: whose rows it may tell (rows:write), by name."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    secret_hash: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), index=True, info=ACCESS)
    scopes: Mapped[list[str]] = mapped_column(info=ACCESS)
    connection: Mapped[str | None] = mapped_column(String(40), info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=ACCESS)
    expires_at: Mapped[datetime | None] = mapped_column(info=ACCESS)
    revoked_at: Mapped[datetime | None] = mapped_column(info=ACCESS)
