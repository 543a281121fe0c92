"""config/hub.yaml and the environment, read into frozen settings; secrets come by ${NAME} only."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ruamel.yaml.comments import CommentedMap

from hub.blocks import Reader, said
from hub.credentials import add_named, with_files
from hub.errors import ConfigError
from hub.providers import ProviderSettings, read_provider
from hub.stores import StoreSettings, read_store
from rules.countries import country_meant, is_country, is_jurisdiction

CODE = re.compile(r"[a-z][a-z0-9]{1,3}")
NAME = re.compile(r"[a-z][a-z0-9_]{1,38}")
ORIGIN = re.compile(
    r"https://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?|http://(127\.0\.0\.1|([a-z0-9-]+\.)*localhost)(:[0-9]{1,5})?"
)
KEYS = {"plugins", "regions", "connections", "timing", "idle", "offline"}
LEAST_IDLE = 5  # minutes


@dataclass(frozen=True)
class RegionSettings:
    """One region of hub.yaml; its code is the key of the block."""

    code: str
    cell: int = said("number inside every id, 0 to 127, another for each region, for ever")
    zone: str = said("IANA zone, for days that no branch fixes")
    jurisdiction: str = said("whose law holds where nothing else is known (DE, AE, SG ...)")
    residences: frozenset[str] = said("ISO 3166 codes whose people live here; a record of anybody else is set aside")
    host: str = said("name the web server answers to")
    port: int = said("its port on this machine")
    workers: int = said("how many workers drain this region", default=2)
    streams: int = said("port of the processes that serve streams alone; 0: the web serves them, too", default=0)
    documents: StoreSettings | None = said(
        "a bucket for documents; see below. Without it they lie in a folder of `HUB_HOME`", default=None
    )
    public: str = said("the address people open, where a proxy stands before it", default="")
    staff_sign_in: ProviderSettings | None = said(
        "the identity provider by which staff come in; see below", default=None
    )

    widget_origins: tuple[str, ...] = said(
        "sites of the garage that may show the chat in a frame, `https://www.garage.example`; without one it is off",
        default=(),
    )

    @property
    def origin(self) -> str:
        return self.public or f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class ConnectionSettings:
    """One connection of hub.yaml, an account at one partner in one region; its name is the key of the block."""

    name: str
    connector: str = said("the name under which a plugin brings it")
    region: str = said("the only region that this account serves")
    url: str = said("where the partner is", default="")
    jurisdiction: str = said("where the partner's servers stand: policies ask for it", default="")
    hears: Mapping[str, tuple[str, ...]] = said(
        "causes, and by which topics the partner is told of each", default_factory=dict
    )
    secrets: Mapping[str, str] = said(
        "role: `${NAME}` of the environment or of the region's `secrets.env`", default_factory=dict
    )
    options: Mapping[str, Any] = said("what this connector understands; see its README", default_factory=dict)


@dataclass(frozen=True)
class Timing:
    """Seconds. lease is longer than the push timeout; a claim that is not renewed by then belongs to nobody."""

    push_timeout: float = said("how long a partner may take to answer", default=10.0)
    lease: float = said("how long a claim holds without a sign of life; above push_timeout", default=20.0)
    sweep: float = said("how often the clock looks for what no bell has rung for", default=2.0)
    stalled: float = said("after which silence a process is killed and started anew; below lease", default=8.0)
    retry_base: float = said("the first wait after a failure; it doubles, with full jitter", default=1.0)
    retry_cap: float = said("the longest wait between two tries", default=300.0)


@dataclass(frozen=True)
class Idle:
    """Minutes without a request after which a session ends, before its twelve hours are over."""

    staff: float = said("of anybody who has a desk; above 5", default=30.0)
    customers: float = said("of a customer, on a device of their own; above 5", default=120.0)


@dataclass(frozen=True)
class Offline:
    """What customers may let their device keep for when the line is lost."""

    days: float = said("after so many without contact the device opens it no more, and wipes it; above 0", default=30.0)


@dataclass(frozen=True)
class Settings:
    home: Path
    config: Path
    plugins: tuple[str, ...]
    regions: Mapping[str, RegionSettings]
    connections: Mapping[str, ConnectionSettings]
    timing: Timing
    idle: Idle
    offline: Offline
    environ: Mapping[str, str] = field(repr=False)

    def region(self, code: str) -> RegionSettings:
        try:
            return self.regions[code]
        except KeyError:
            known = ", ".join(sorted(self.regions))
            raise ConfigError(f"There is no region “{code}”.", f"Regions in hub.yaml: {known}.") from None

    def folder(self, region: str) -> Path:
        return self.home / "regions" / region

    def database_url(self, region: str) -> str:
        given = self.environ.get(f"HUB_DATABASE_{region.upper()}")
        return given or f"sqlite:///{(self.folder(region) / 'hub.db').resolve()}"

    def owner_url(self, region: str) -> str:
        """The same database for whoever may change its tables: hub init and hub restore."""
        return self.environ.get(f"HUB_OWNER_{region.upper()}") or self.database_url(region)

    def count(self, name: str, default: int) -> int:
        """A whole number of the environment. Raises ConfigError."""
        given = self.environ.get(name) or str(default)
        if not (given.isascii() and given.isdecimal() and len(given) < 5):
            raise ConfigError(f"{name} is “{given}”, and must be a whole number.", f"Leave it out for {default}.")
        return int(given)

    def secrets_of(self, region: str) -> Mapping[str, str]:
        """The region's own secrets file, overruled by the environment; no other region's file is ever opened."""
        path = self.folder(region) / "secrets.env"
        lines = path.read_text().splitlines() if path.exists() else []
        kept = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
        return {**kept, **self.environ}


def config_folder(environ: Mapping[str, str] = os.environ) -> Path:
    return Path(environ.get("HUB_CONFIG", "config")).resolve()


def load_settings(environ: Mapping[str, str] = os.environ, config: Path | None = None) -> Settings:
    """What stands in files (hub.credentials) counts like what the environment says. Raises ConfigError."""
    environ = with_files(environ)
    folder = config.resolve() if config else config_folder(environ)
    reader = Reader(folder / "hub.yaml")
    top = reader.read()
    regions = {code: _region(reader, code, block) for code, block in reader.blocks(top, "regions")}
    connections = {name: _connection(reader, name, block, regions) for name, block in reader.blocks(top, "connections")}
    reader.different(top, "regions", [region.cell for region in regions.values()], "cell")
    _apart(reader, top, regions)
    reader.unknown(top, KEYS)
    timing = Timing(**reader.numbers(top, "timing", Timing.__annotations__))
    idle = Idle(**reader.numbers(top, "idle", Idle.__annotations__, above=LEAST_IDLE))
    offline = Offline(**reader.numbers(top, "offline", Offline.__annotations__))
    reader.finish()
    named = [one.secrets for one in connections.values()]
    named += [one.staff_sign_in.secrets for one in regions.values() if one.staff_sign_in]
    named += [one.documents.secrets for one in regions.values() if one.documents]
    return Settings(
        home=Path(environ.get("HUB_HOME", "var")).resolve(),
        config=folder,
        plugins=tuple(top.get("plugins") or ()),
        regions=regions,
        connections=connections,
        timing=timing,
        idle=idle,
        offline=offline,
        environ=add_named(environ, {name for secrets in named for name in secrets.values()}),
    )


def _apart(reader: Reader, top: CommentedMap, regions: Mapping[str, RegionSettings]) -> None:
    """A bucket serves one region, also by a prefix: what lies in it lies where the bucket does."""
    buckets: dict[str, str] = {}
    for code, region in regions.items():
        if region.documents is None:
            continue
        other = buckets.setdefault(urlsplit(region.documents.url).netloc, code)
        if other != code:
            reader.wrong(
                top["regions"][code],
                "documents",
                f"The bucket of “{code}” is that of “{other}”, too.",
                "Each has its own.",
            )


def _region(reader: Reader, code: str, block: CommentedMap) -> RegionSettings:
    reader.unknown(block, {one.name for one in fields(RegionSettings)} - {"code"})
    if not CODE.fullmatch(code):
        reader.wrong(block, None, f"“{code}” is no region code.", "Use 2 to 4 lower-case letters or digits.")
    residences = reader.texts(block, "residences")
    for one in [one for one in residences if not is_country(one)]:
        reader.wrong(block, "residences", f"“{one}” is no country.", country_meant(one))
    zone = reader.text(block, "zone", "UTC")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        reader.wrong(block, "zone", f"“{zone}” is no time zone.", "Use an IANA name such as Europe/Berlin.")
    return RegionSettings(
        code=code,
        cell=reader.number(block, "cell", 0, 127),
        zone=zone,
        jurisdiction=_jurisdiction(reader, block),
        residences=frozenset(residences),
        host=reader.text(block, "host", f"{code}.localhost"),
        port=reader.number(block, "port", 1, 65535),
        workers=reader.number(block, "workers", 1, 64, 2),
        streams=reader.number(block, "streams", 0, 65535, 0),
        documents=read_store(reader, block, "documents"),
        public=reader.text(block, "public", "").rstrip("/"),
        staff_sign_in=read_provider(reader, block, "staff_sign_in"),
        widget_origins=_origins(reader, block),
    )


def _jurisdiction(reader: Reader, block: CommentedMap, default: str | None = None) -> str:
    law = reader.text(block, "jurisdiction", default)
    if law and not is_jurisdiction(law):
        reader.wrong(block, "jurisdiction", f"“{law}” is no country.", country_meant(law))
    return law


def _origins(reader: Reader, block: CommentedMap) -> tuple[str, ...]:
    """As a browser writes them, so that they can be compared. A page by plain http could be changed on its way, and is taken on
    this machine alone."""
    found = reader.texts(block, "widget_origins")
    for one in [one for one in found if not ORIGIN.fullmatch(one)]:
        reader.wrong(
            block,
            "widget_origins",
            f"“{one}” is no origin of a site.",
            "Write scheme and host in small letters and nothing behind: https://www.garage.example (http on this machine only).",
        )
    return found


def _connection(
    reader: Reader, name: str, block: CommentedMap, regions: Mapping[str, RegionSettings]
) -> ConnectionSettings:
    reader.unknown(block, {"connector", "region", "url", "jurisdiction", "hears", "secrets", "options"})
    if not NAME.fullmatch(name):
        reader.wrong(block, None, f"“{name}” is no connection name.", "Use lower-case letters, digits and _.")
    region = reader.text(block, "region")
    if region and region not in regions:
        reader.wrong(block, "region", f"There is no region “{region}”.", f"Regions: {', '.join(sorted(regions))}.")
    url = reader.text(block, "url", "")
    if url and urlsplit(url).scheme not in {"http", "https"}:
        reader.wrong(block, "url", f"“{url}” is no http address.")
    return ConnectionSettings(
        name=name,
        connector=reader.text(block, "connector"),
        region=region,
        url=url,
        jurisdiction=_jurisdiction(reader, block, ""),
        hears=_hears(reader, block),
        secrets=reader.secrets(block),
        options=dict(block.get("options") or {}),
    )


def _hears(reader: Reader, block: CommentedMap) -> dict[str, tuple[str, ...]]:
    """A list of topics, or a mapping where a cause is told by other topics: {tier_changed: [tier_changed, call_task]}."""
    value = block.get("hears")
    if isinstance(value, CommentedMap):
        return {str(cause): reader.texts(value, cause) for cause in value}
    return {topic: (topic,) for topic in reader.texts(block, "hears")}
