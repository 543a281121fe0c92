"""Where a region's bytes may lie: config/privacy/storage.yaml against the places that the settings name, before anything runs.

A place is a word: `home` (below HUB_HOME on this machine), a folder, `machine` (its own sockets and loopback), a host's name,
`bucket:LOCATION` or `console` (the log goes where its process is told to). On which disk a folder lies the hub cannot see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ruamel.yaml.comments import CommentedMap

from compliance import law
from compliance.backups.periods import read_terms
from compliance.keeping import Period, read_keeping
from hub.errors import ConfigError
from hub.settings import Settings
from hub.stores import StoreSettings
from hub.vault.rotation import EPOCH_LENGTH, KEPT_AFTER_END
from rules import RuleError
from rules.parse import read

FILE = "storage.yaml"
KINDS = ("database", "files", "backups", "queues", "logs", "keys")
DEFAULT, LOG_DAYS = "default", "log_days"
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
    """One kind of bytes of a region: where they lie, where they may, and how long they are kept there."""

    kind: str
    at: str
    allowed: tuple[str, ...]
    kept: str

    @property
    def fits(self) -> bool:
        return _lies_in(self.at, self.allowed)


def places_of(settings: Settings, region: str) -> Sequence[Place]:
    """Raises ConfigError for a file that is wrong, or one that says nothing of this region."""
    allowed = read_allowed(settings.config, region)
    at, kept = where(settings, region), _kept(settings.config, allowed)
    return [Place(kind, at[kind], allowed.at[kind], kept[kind]) for kind in KINDS]


def check(settings: Settings, region: str) -> None:
    """Raises ConfigError at the line of the policy for the first place that lies outside it; without a file there is no policy."""
    path = settings.config / "privacy" / FILE
    if not path.exists():
        return
    allowed = read_allowed(settings.config, region)
    for kind, at in where(settings, region).items():
        if not _lies_in(at, allowed.at[kind]):
            what = f"{path}:{allowed.line}: {kind} of {region} would lie at “{at}”, and may at {', '.join(allowed.at[kind])}."
            raise ConfigError(
                what, f"Change the setting of {SETTINGS[kind]}, or the policy if its law allows the place."
            )


def _lies_in(at: str, allowed: Sequence[str]) -> bool:
    return any(fnmatchcase(at, pattern) for pattern in allowed)


SETTINGS = {"database": "HUB_DATABASE_…", "files": "documents in hub.yaml", "backups": "HUB_HOME", "queues": "HUB_REDIS_…",
            "logs": "the process", "keys": "HUB_HOME"}  # fmt: skip


def where(settings: Settings, region: str) -> Mapping[str, str]:
    """As the settings have it; nothing is opened."""
    environ, store = settings.environ, settings.region(region).documents
    queues = environ.get(f"HUB_REDIS_{region.upper()}") or environ.get("REDIS_URL") or ""
    return {
        "database": _database(settings, settings.database_url(region)),
        "files": _bucket(store) if store else HOME,
        "backups": HOME,
        "queues": _host(queues) if queues else HOME,
        "logs": CONSOLE,
        "keys": HOME,
    }


def _database(settings: Settings, url: str) -> str:
    if not url.startswith("sqlite"):
        return _host(url)
    path, home = Path(url.partition(":///")[2]).resolve(), settings.home.resolve()
    return HOME if path.is_relative_to(home) else str(path.parent)


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
