"""The documents of the configuration as they are written: read one by one, put in place only where the whole folder is right."""

import hashlib
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.core import Hub
from hub.errors import WrongInput
from hub.targets import SYNCED, TARGETS
from rules import PolicyRule, Rulebook, RuleError, SegmentRule, load_book
from rules.book import read_policy, read_segment
from rules.errors import Problem
from rules.hours import read_calendars
from rules.journeys.documents import JourneyRule
from rules.journeys.read import read_journey
from rules.mapping import FileMapping, read_mapping
from rules.parse import Source, read, read_text
from rules.syncmap import SyncMap, load_syncs, read_sync

Written = SegmentRule | JourneyRule | PolicyRule | SyncMap | FileMapping
FIRST = {"segments": ("segment",), "journeys": ("journey",), "policies": ("policy",), "mappings": ("sync", "mapping")}
KINDS = tuple(FIRST)  # each a folder of the configuration


def file_of(hub: Hub, kind: str, name: str) -> Path:
    return hub.settings.config / kind / f"{name}.yaml"


def standing(hub: Hub, kind: str, name: str) -> str:
    """The file as it stands; empty where there is none."""
    path = file_of(hub, kind, name)
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""


def mark_of(text: str) -> str:
    """Which text it is: the SHA-256 of its bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def rule_of(hub: Hub, kind: str, name: str, text: str) -> Written:
    """The document alone, read against what is in force around it; its examples and tests are tried. Raises RuleError with every
    problem and its place."""
    source = read_text(text.encode(), f"{kind}/{name}.yaml")
    rule = _read(hub, kind, source)
    if rule.name != name:
        word = next((one for one in FIRST[kind] if one in source.top), FIRST[kind][0])
        mark = source.mark(source.top, word)
        raise RuleError([Problem(mark, f"“{rule.name}” is not the name of this document.", f"Write {word}: {name}")])
    return rule


def _read(hub: Hub, kind: str, source: Source) -> Written:
    config, book = hub.settings.config, hub.book.current()
    if kind == "segments":
        return read_segment(source, hub.book.catalogue, book.segments)
    if kind == "policies":
        return read_policy(source)
    if kind == "mappings":
        return read_sync(source, SYNCED) if "sync" in source.top else read_mapping(source, TARGETS)
    templates = {path.stem for path in (config / "templates").glob("*.yaml")}
    calendars, _ = read_calendars(config / "calendars")
    return read_journey(source, hub.book.catalogue, book.segments, templates=templates, calendars=calendars)


def put(hub: Hub, kind: str, name: str, text: str | None) -> Rulebook:
    """Put this text (None: nothing) in the place of the file, once a copy of the folder has been found right with it. Raises
    WrongInput with every problem; then nothing has changed."""
    config, path = hub.settings.config, file_of(hub, kind, name)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / config.name
        shutil.copytree(config, copy)
        _replace(copy / kind / path.name, text)
        try:
            book = load_book(copy, hub.book.catalogue)
            if kind == "mappings" and text is not None:
                source = read(copy / kind / path.name)
                load_syncs(copy, SYNCED) if "sync" in source.top else read_mapping(source, TARGETS)
        except RuleError as error:
            raise WrongInput(str(error).replace(str(copy), str(config))) from None
    try:
        _replace(path, text)
    except OSError as error:
        what = f"The folder {path.parent} cannot be written to from here ({error.strerror})."
        raise WrongInput(what, "Whoever deploys the configuration puts this file in place.") from None
    return book


def _replace(path: Path, text: str | None) -> None:
    """Whole or not at all: whoever reads the folder meanwhile finds the old file or the new one."""
    if text is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(text.encode())
    new.replace(path)
