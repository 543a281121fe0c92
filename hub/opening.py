"""Opens a new region: folders, schema, the row that says who it is, process numbers, and the first epoch's keys."""

import base64
import os
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, make_url, select

from hub.errors import ConfigError
from hub.ids import NODES
from hub.migrations import migrate
from hub.models import Epoch, Here, Node
from hub.plugins import load_plugins
from hub.regions import Region, open_region
from hub.settings import Settings
from hub.vault import AesGcm, FileKeyStore, Vault


def open_new_region(settings: Settings, code: str, clock: Callable[[], datetime]) -> bool:
    """Idempotent: brings the schema up to date, and fills what is missing; answers whether the region is new."""
    here = settings.region(code)
    folder = settings.folder(code)
    (folder / "documents").mkdir(parents=True, exist_ok=True, mode=0o700)
    region = open_region(code, here.cell, settings.owner_url(code), folder)
    try:
        migrate(region.engine, branches=_branches(settings), application=_application(settings, code))
        return _found(region, clock())
    finally:
        region.engine.dispose()


def _application(settings: Settings, code: str) -> str | None:
    """The role as which everything but this works, where it is another one than the owner."""
    role = make_url(settings.database_url(code)).username
    return role if role != make_url(settings.owner_url(code)).username else None


def _branches(settings: Settings) -> tuple[str, ...]:
    plugins = load_plugins(settings.plugins)
    return tuple(str(folder) for several in plugins.hook.register_models() for folder in several)


def _found(region: Region, now: datetime) -> bool:
    with region.sessions.begin() as session:
        row = session.scalars(select(Here)).one_or_none()
        if row is not None and (row.region, row.cell) != (region.code, region.cell):
            raise ConfigError(f"The database given for {region.code} is that of {row.region}, cell {row.cell}.")
        if row is None:
            session.add(Here(region=region.code, cell=region.cell, opened_at=now))
            session.execute(insert(Node), [{"number": number, "taken_at": None} for number in range(NODES)])
            session.flush()
        if session.scalar(select(Epoch.number).limit(1)) is None:
            Vault(region.code, FileKeyStore(region.folder / "keys"), AesGcm()).begin_epoch(session, now)
        return row is None


def make_secrets(settings: Settings, code: str) -> Path:
    """Random values for secrets that nothing else gives: enough for the sandboxes, to be replaced by the partner's own."""
    path = settings.folder(code) / "secrets.env"
    wanted = sorted(
        name
        for connection in settings.connections.values()
        if connection.region == code
        for name in connection.secrets.values()
    )
    known = settings.secrets_of(code)
    missing = [name for name in wanted if name not in known]
    if missing:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.writelines(f"{name}={_secret(name)}\n" for name in missing)
    return path


def _secret(name: str) -> str:
    """Webhook secrets in the form of the Standard Webhooks specification, all others as hex."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() if "WEBHOOK" in name else secrets.token_hex(24)
