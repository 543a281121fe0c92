"""Where a region's bytes may lie: config/privacy/storage.yaml against the places that the settings name, before anything runs.

A place is a word: `home` (below HUB_HOME), a folder, `machine` (its own sockets and loopback), a host's name, `bucket:LOCATION` or
`console` (the log goes where its process is told to). A folder on a share is at the host of the share, but for `home`, which lies
wherever HUB_HOME does; on which disk of a machine one lies the hub cannot see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ruamel.yaml.comments import CommentedMap
from sqlalchemy import select

from compliance import law
from compliance.backups.periods import read_terms
from compliance.keeping import Period, read_keeping
from compliance.mounts import Mount, mount_of, mounts
from hub.core import Hub
from hub.errors import ConfigError
from hub.models import AuditEntry
from hub.settings import Settings
from hub.stores import StoreSettings
from hub.vault.rotation import EPOCH_LENGTH, KEPT_AFTER_END
from rules import RuleError
from rules.parse import read

FILE = "storage.yaml"
KINDS = ("database", "files", "backups", "queues", "logs", "keys")
DEFAULT, LOG_DAYS = "default", "log_days"
BACKED_UP = "backup_made"  # the deed in the audit log; its `at` says where
KEYS = {*KINDS, LOG_DAYS, "source", "reviewed_on"}
HOME, MACHINE, CONSOLE = "home", "machine", "console"
MOST_LOG_DAYS = 400


@dataclass(frozen=True)
class Allowed:
    """Patterns of places by kind, `*` for any letters. log_days: how long whoever collects the log keeps it; the hub writes it
    and keeps none. source, reviewed_on: where that was read, and when."""

    at: Mapping[str, tuple[str, ...]]
    log_days: int
    source: str
    reviewed_on: date
    line: int


@dataclass(frozen=True)
class Place:
    """One kind of bytes of a region: where they lie, where they may, and how long they are kept there. folder: of those that lie in
    one, in full."""

    kind: str
    at: str
    folder: str
    allowed: tuple[str, ...]
    kept: str

    @property
    def fits(self) -> bool:
        return _lies_in(self.at, self.allowed)


def places_of(settings: Settings, region: str) -> Sequence[Place]:
    """Raises ConfigError for a file that is wrong, or one that says nothing of this region."""
    allowed = read_allowed(settings.config, region)
    at, kept, folders = where(settings, region), _kept(settings.config, allowed), _folders(settings, region)
    return [Place(kind, at[kind], str(folders.get(kind, "")), allowed.at[kind], kept[kind]) for kind in KINDS]


def check(settings: Settings, region: str) -> None:
    """Raises ConfigError at the line of the policy for the first place that lies outside it; without a file there is no policy."""
    if (settings.config / "privacy" / FILE).exists():
        allowed = read_allowed(settings.config, region)
        for kind, at in where(settings, region).items():
            _expect(settings.config, allowed, region, kind, at, f"Change the setting of {SETTINGS[kind]}")


def check_backup(settings: Settings, region: str, folder: Path) -> str:
    """Where a backup would lie that is made in this folder. Raises ConfigError at the line of the policy for one outside it."""
    at = place_of(settings, folder)
    if (settings.config / "privacy" / FILE).exists():
        _expect(settings.config, read_allowed(settings.config, region), region, "backups", at, "Name another folder")
    return at


def _expect(config: Path, allowed: Allowed, region: str, kind: str, at: str, mend: str) -> None:
    if not _lies_in(at, allowed.at[kind]):
        where = f"{config / 'privacy' / FILE}:{allowed.line}"
        what = f"{where}: {kind} of {region} would lie at “{at}”, and may at {', '.join(allowed.at[kind])}."
        raise ConfigError(what, f"{mend}, or change the policy if its law allows the place.")


def _lies_in(at: str, allowed: Sequence[str]) -> bool:
    """A folder is allowed with all that is in it."""
    within = (at, *map(str, Path(at).parents)) if at.startswith("/") else (at,)
    return any(fnmatchcase(one, pattern) for pattern in allowed for one in within)


def place_of(settings: Settings, folder: Path, known: Sequence[Mount] | None = None) -> str:
    """The word for a folder, links followed. known: what is mounted where, instead of this machine's own."""
    several, home, whole = mounts() if known is None else known, settings.home.resolve(), folder.resolve()
    mount = mount_of(whole, several)
    if mount.host and mount != mount_of(home, several):
        return mount.host
    return HOME if whole.is_relative_to(home) else str(whole)


SETTINGS = {"database": "HUB_DATABASE_…", "files": "documents in hub.yaml", "backups": "HUB_HOME", "queues": "HUB_REDIS_…",
            "logs": "the process", "keys": "HUB_HOME"}  # fmt: skip


def where(settings: Settings, region: str) -> Mapping[str, str]:
    """As the settings have it; nothing is opened."""
    environ, store, folders = settings.environ, settings.region(region).documents, _folders(settings, region)
    known = mounts()
    queues = environ.get(f"HUB_REDIS_{region.upper()}") or environ.get("REDIS_URL") or ""
    return {
        "database": _database(settings, settings.database_url(region), known),
        "files": _bucket(store) if store else place_of(settings, folders["files"], known),
        "backups": place_of(settings, folders["backups"], known),
        "queues": _host(queues) if queues else HOME,
        "logs": CONSOLE,
        "keys": place_of(settings, folders["keys"], known),
    }


def _folders(settings: Settings, region: str) -> Mapping[str, Path]:
    """Of what lies in one, where its process will look for it."""
    mine, url = settings.folder(region), settings.database_url(region)
    found = {"backups": backups_of(settings, region), "keys": mine / "keys"}
    if settings.region(region).documents is None:
        found["files"] = mine / "documents"
    if url.startswith("sqlite"):
        found["database"] = Path(url.partition(":///")[2])
    return found


def made_at(hub: Hub) -> list[str]:
    """Where backups lie that are not too old, as each was audited when it was made: here, or where somebody said."""
    oldest = hub.clock() - timedelta(days=read_terms(hub.settings.config)["data"].days)
    made = select(AuditEntry.detail).where(
        AuditEntry.about == "region", AuditEntry.action == BACKED_UP, AuditEntry.at >= oldest
    )
    with hub.look() as session:
        return sorted({detail["at"] for detail in session.scalars(made) if "at" in detail})


def backups_of(settings: Settings, region: str) -> Path:
    """Where generations lie, unless somebody says otherwise."""
    return settings.home / "backups" / region


def _database(settings: Settings, url: str, known: Sequence[Mount]) -> str:
    return place_of(settings, Path(url.partition(":///")[2]).parent, known) if url.startswith("sqlite") else _host(url)


def _bucket(store: StoreSettings) -> str:
    """That of another store than Amazon's bears its host."""
    return f"bucket:{store.location}" + (f"@{_host(store.endpoint)}" if store.endpoint else "")


def _host(url: str) -> str:
    """A socket and the loopback are this machine. PostgreSQL takes its host in the query, too."""
    parts = urlsplit(url)
    name = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    if name in ("", "localhost") or name.startswith("/"):
        return MACHINE
    try:
        return MACHINE if ip_address(name).is_loopback else name
    except ValueError:
        return name


def _kept(config: Path, allowed: Allowed) -> Mapping[str, str]:
    keeping, terms = read_keeping(config), read_terms(config)
    return {
        "database": "each row as its class in retention.yaml has it",
        "files": _words(keeping.of("documents")),
        "backups": f"data {terms['data'].days} days, keys {terms['keys'].days} days",
        "queues": "until a bell is heard; results are not kept",
        "logs": f"{allowed.log_days} days, by whoever collects them",
        "keys": f"{EPOCH_LENGTH.days} days of an epoch and {KEPT_AFTER_END.days} after it; a person's until they are erased",
    }


def _words(period: Period) -> str:
    return f"{period.days} days" if period.days is not None else f"until {period.until}"


# --- the file


def read_allowed(config: Path, region: str) -> Allowed:
    """The region's own, else the default. Raises ConfigError."""
    path, top = _read(config)
    if problems := list(_problems(path, top)):
        raise ConfigError(problems[0])
    name = region if region in top else DEFAULT
    if name not in top:
        raise ConfigError(f"{path}:1: it says nothing of {region}, and has no “{DEFAULT}”.", "Write one of both.")
    block = top[name]
    at = {kind: tuple(map(str, block[kind])) for kind in KINDS}
    return Allowed(at, block[LOG_DAYS], str(block["source"]), block["reviewed_on"], top.lc.key(name)[0] + 1)


def problems_of(config: Path) -> list[str]:
    try:
        return list(_problems(*_read(config)))
    except ConfigError as error:
        return [str(error)]


def _read(config: Path) -> tuple[Path, CommentedMap]:
    """As rules are read, whose text is parsed once in a process: every start asks. Raises ConfigError."""
    path = config / "privacy" / FILE
    try:
        return path, read(path).top
    except RuleError as error:
        raise ConfigError(str(error), "It says where each region's bytes may lie.") from None


def _problems(path: Path, top: CommentedMap) -> Iterator[str]:
    for name, block in top.items():
        where = f"{path}:{top.lc.key(name)[0] + 1}: {name}"
        if not isinstance(block, Mapping) or set(block) != KEYS:
            yield f"{where}: a storage policy has {', '.join(sorted(KEYS))}, and nothing else."
        elif wrong := _wrong(block):
            yield f"{where}: {wrong}"


def _wrong(block: Mapping[str, Any]) -> str:
    for kind in KINDS:
        several = block[kind]
        if not isinstance(several, list) or not several or not all(isinstance(one, str) and one for one in several):
            return f"{kind} is a list of places, as home, machine, db.eu.example or bucket:eu-central-1."
    if type(block[LOG_DAYS]) is not int or not 1 <= block[LOG_DAYS] <= MOST_LOG_DAYS:
        return f"{LOG_DAYS} is a whole number from 1 to {MOST_LOG_DAYS}."
    return law.unread(block)
