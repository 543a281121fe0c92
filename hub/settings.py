"""config/hub.yaml and the environment, read into frozen settings; secrets come by ${NAME} only."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from hub.credentials import add_named, with_files
from hub.errors import ConfigError

SECRET = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
CODE = re.compile(r"[a-z][a-z0-9]{1,3}")
NAME = re.compile(r"[a-z][a-z0-9_]{1,38}")


def said(words: str, **default: Any) -> Any:
    """A field of hub.yaml with its meaning, which the reference shows."""
    return field(metadata={"meaning": words}, **default)


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
    public: str = said("the address people open, where a proxy stands before it", default="")

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
class Settings:
    home: Path
    config: Path
    plugins: tuple[str, ...]
    regions: Mapping[str, RegionSettings]
    connections: Mapping[str, ConnectionSettings]
    timing: Timing
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
    reader = _Reader(folder / "hub.yaml")
    top = reader.read()
    regions = {code: reader.region(code, block) for code, block in reader.blocks(top, "regions")}
    connections = {name: reader.connection(name, block, regions) for name, block in reader.blocks(top, "connections")}
    reader.different(top, "regions", [region.cell for region in regions.values()], "cell")
    reader.unknown(top, {"plugins", "regions", "connections", "timing"})
    timing = Timing(
        **{key: float(value) for key, value in reader.mapping(top, "timing", Timing.__annotations__).items()}
    )
    reader.finish()
    return Settings(
        home=Path(environ.get("HUB_HOME", "var")).resolve(),
        config=folder,
        plugins=tuple(top.get("plugins") or ()),
        regions=regions,
        connections=connections,
        timing=timing,
        environ=add_named(environ, {name for one in connections.values() for name in one.secrets.values()}),
    )


class _Reader:
    """Reads one hub.yaml and gathers everything wrong in it, with line and column."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []

    def read(self) -> CommentedMap:
        try:
            top = YAML(typ="rt").load(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(
                f"{self.path} does not exist.", "Name the folder by HUB_CONFIG, or run: hub init"
            ) from None
        except (YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
            raise ConfigError(f"{self.path}{where}: {getattr(error, 'problem', None) or error}") from None
        if not isinstance(top, CommentedMap):
            raise ConfigError(f"{self.path}:1:1: hub.yaml must be a mapping.", "Start with: plugins: [...]")
        return top

    def wrong(self, block: CommentedMap, key: str | None, what: str, hint: str = "") -> None:
        line, column = block.lc.key(key) if key in block else (block.lc.line, block.lc.col)
        self.problems.append(f"{self.path}:{line + 1}:{column + 1}: {what} {hint}".strip())

    def finish(self) -> None:
        if self.problems:
            raise ConfigError("\n".join(self.problems))

    def blocks(self, top: CommentedMap, name: str) -> list[tuple[str, CommentedMap]]:
        block = top.get(name)
        if not isinstance(block, CommentedMap) or not block:
            self.wrong(top, name, f"“{name}” must name at least one.", f"Write {name}: and below it one block each.")
            return []
        good = []
        for key, value in block.items():
            if isinstance(value, CommentedMap):
                good.append((str(key), value))
            else:
                self.wrong(block, key, f"“{key}” must be a mapping.")
        return good

    def mapping(self, block: CommentedMap, key: str, known: Mapping[str, Any]) -> CommentedMap:
        value = block.get(key) or CommentedMap()
        if not isinstance(value, CommentedMap):
            self.wrong(block, key, f"“{key}” must be a mapping.")
            return CommentedMap()
        self.unknown(value, set(known))
        return CommentedMap(
            {name: item for name, item in value.items() if name in known and isinstance(item, int | float)}
        )

    def unknown(self, block: CommentedMap, known: set[str]) -> None:
        from_known = ", ".join(sorted(known))
        for key in block:
            if key not in known:
                self.wrong(block, key, f"“{key}” is no setting here.", f"Known: {from_known}.")

    def different(self, top: CommentedMap, key: str, values: list[int], what: str) -> None:
        if len(set(values)) != len(values):
            self.wrong(top, key, f"Two {key} have the same {what}.", f"Give each its own {what}.")

    def text(self, block: CommentedMap, key: str, default: str | None = None) -> str:
        value = block.get(key, default)
        if not isinstance(value, str):
            self.wrong(block, key, f"“{key}” is missing or no text.")
            return default or ""
        return value

    def number(self, block: CommentedMap, key: str, low: int, high: int, default: int | None = None) -> int:
        value = block.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.wrong(block, key, f"“{key}” must be a whole number from {low} to {high}.")
            return low
        return value

    def texts(self, block: CommentedMap, key: str) -> tuple[str, ...]:
        value = block.get(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong(block, key, f"“{key}” must be a list of words.", "Quote NO, ON and the like.")
            return ()
        return tuple(str(item) for item in value)

    def region(self, code: str, block: CommentedMap) -> RegionSettings:
        self.unknown(block, {"cell", "zone", "jurisdiction", "residences", "host", "port", "workers", "public"})
        if not CODE.fullmatch(code):
            self.wrong(block, None, f"“{code}” is no region code.", "Use 2 to 4 lower-case letters or digits.")
        zone = self.text(block, "zone", "UTC")
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            self.wrong(block, "zone", f"“{zone}” is no time zone.", "Use an IANA name such as Europe/Berlin.")
        return RegionSettings(
            code=code,
            cell=self.number(block, "cell", 0, 127),
            zone=zone,
            jurisdiction=self.text(block, "jurisdiction"),
            residences=frozenset(self.texts(block, "residences")),
            host=self.text(block, "host", f"{code}.localhost"),
            port=self.number(block, "port", 1, 65535),
            workers=self.number(block, "workers", 1, 64, 2),
            public=self.text(block, "public", "").rstrip("/"),
        )

    def connection(self, name: str, block: CommentedMap, regions: Mapping[str, RegionSettings]) -> ConnectionSettings:
        self.unknown(block, {"connector", "region", "url", "jurisdiction", "hears", "secrets", "options"})
        if not NAME.fullmatch(name):
            self.wrong(block, None, f"“{name}” is no connection name.", "Use lower-case letters, digits and _.")
        region = self.text(block, "region")
        if region and region not in regions:
            self.wrong(block, "region", f"There is no region “{region}”.", f"Regions: {', '.join(sorted(regions))}.")
        url = self.text(block, "url", "")
        if url and urlsplit(url).scheme not in {"http", "https"}:
            self.wrong(block, "url", f"“{url}” is no http address.")
        return ConnectionSettings(
            name=name,
            connector=self.text(block, "connector"),
            region=region,
            url=url,
            jurisdiction=self.text(block, "jurisdiction", ""),
            hears=self.hears(block),
            secrets=self._secrets(block),
            options=dict(block.get("options") or {}),
        )

    def hears(self, block: CommentedMap) -> dict[str, tuple[str, ...]]:
        """A list of topics, or a mapping where a cause is told by other topics: {tier_changed: [tier_changed, call_task]}."""
        value = block.get("hears")
        if isinstance(value, CommentedMap):
            return {str(cause): self.texts(value, cause) for cause in value}
        return {topic: (topic,) for topic in self.texts(block, "hears")}

    def _secrets(self, block: CommentedMap) -> dict[str, str]:
        found: dict[str, str] = {}
        for role, value in (block.get("secrets") or {}).items():
            match = SECRET.fullmatch(str(value))
            if match:
                found[str(role)] = match.group(1)
            else:
                self.wrong(
                    block,
                    "secrets",
                    f"The secret “{role}” stands in the file.",
                    "Write ${NAME} and set NAME in the environment.",
                )
        return found
