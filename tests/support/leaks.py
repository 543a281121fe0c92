"""After a story, and after each failure that was put into one: what the vault was asked to seal lies nowhere in the open, and nothing
that was sealed in one region lies in another.

In force by folder, so that a new story need not ask for it. Nothing is planted either: the vault itself tells what to look for, of
processes of their own the database that their keys open, and of each document that lies in a folder a stretch from its middle."""

import re
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, select

from hub.files import FolderFiles, unclassified
from hub.flow.drafts import Draft
from hub.flow.values import value_context
from hub.models import DataKey, Person, PersonalValue
from hub.settings import Settings, load_settings
from hub.vault import AesGcm, FileKeyStore, OpenKey, Vault
from scan import Wanted, search

STORIES = ("tests/stories/", "tests/chaos/", "tests/compliance/")
WITHOUT = {  # file, and why what it leaves behind is not looked at
    "tests/stories/test_nothing_leaks.py": "takes the cipher away, to prove that a scan would find what is there",
}
LEAST = 8  # bytes; what is shorter stands somewhere by chance
STRETCH, TELLING = 64, 12  # bytes of a document that are looked for, and how many different ones those are at the least
BLOCK = 4096
WAL_STARTS, WAL_HEAD, FRAME_HEAD = (
    (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"),
    32,
    24,
)  # sqlite.org/fileformat2.html, 4.1
SERVER = "PostgreSQL of "
OUR_OWN = re.compile(rb"[0-9a-f]{32}")  # a partner who knows somebody by our ref: refs are no secret within a region
BOOKS = {"demo", "sandboxes"}  # of invented people and of partners, as partners have their own


class LiesOpen(AssertionError):
    """A personal value, a key, or another region's ciphertext was found where it must not be."""


class Sealed:
    """What vaults of this process sealed and wrapped since the last look: home -> region -> (place, plain)."""

    def __init__(self) -> None:
        self.homes: dict[Path, dict[str, set[tuple[str, bytes]]]] = defaultdict(lambda: defaultdict(set))

    def note(self, vault: Vault, place: str, plain: bytes) -> None:
        if isinstance(vault.store, FileKeyStore):
            self.homes[home_of(vault.store.folder)][vault.region].add((place, plain))

    def note_document(self, draft: Draft, begin: bytes) -> None:
        """What is telling of it: a stretch of one letter stands in other files, too."""
        stretch = begin[len(begin) // 2 :][:STRETCH]
        if isinstance(draft.files, FolderFiles) and len(set(stretch)) >= TELLING:
            region = draft.writer.header[4:8].rstrip(b"\0").decode()
            self.homes[home_of(draft.files.folder)][region].add(("a document", stretch))


def home_of(keys: Path) -> Path:
    """Where regions lie, or the one folder of a test that opens a region by itself."""
    return keys.parents[2] if keys.parents[1].name == "regions" else keys.parent


SEALED = Sealed()


def _listen() -> None:
    seal, wrap = Vault.seal, Vault.wrap

    @wraps(seal)
    def sealing(vault: Vault, key: OpenKey, plain: bytes, context: str) -> bytes:
        SEALED.note(vault, context.partition(":")[0], plain)
        return seal(vault, key, plain, context)

    @wraps(wrap)
    def wrapping(vault: Vault, key: OpenKey, epoch: int) -> bytes:
        SEALED.note(vault, "a key", key.secret)
        return wrap(vault, key, epoch)

    write = Draft.write

    @wraps(write)
    def writing(draft: Draft, some: Any) -> int:
        begins, written = draft.writer.size == 0, write(draft, some)
        if begins:
            SEALED.note_document(draft, bytes(some))
        return written

    Vault.seal, Vault.wrap, Draft.write = sealing, wrapping, writing  # type: ignore[method-assign]


_listen()


def is_watched(file: str) -> bool:
    return file.startswith(STORIES) and file not in WITHOUT


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """While processes still run and databases are still there."""
    told = yield
    try:
        if is_watched(item.nodeid.partition("::")[0]):
            look(item)
    finally:
        over = getattr(item, "funcargs", {}).get("tmp_path")
        for home in [one for one in SEALED.homes if over in one.parents]:
            del SEALED.homes[home]
    return told


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What a fixture of a module made is looked for until its module ends."""
    if nextitem is None or nextitem.path != item.path:
        SEALED.homes.clear()


def look(item: pytest.Item) -> None:
    """Raises LiesOpen with every value and where it lies."""
    given = getattr(item, "funcargs", {}).values()
    known = {one.home: one for one in map(settings_of, given) if one is not None}
    said = "\n".join(text for _, kind, text in item._report_sections if kind in ("log", "stderr")).encode()  # type: ignore[attr-defined]
    valkey = getattr(item, "funcargs", {}).get("valkey")
    beside = {"what was logged": said, "Valkey": tail(valkey_folder(valkey)) if valkey else b""}
    found: list[str] = []
    for home in {*SEALED.homes, *known}:
        if home.exists():
            sealed = SEALED.homes[home]
            if home in known:
                for code in codes_of(home):
                    sealed[code] |= {*opened(known[home], code)}
            found += judge(home, sealed, {**elsewhere(home, known.get(home)), **beside})
    if found:
        raise LiesOpen("\n".join(sorted(found)))


def judge(home: Path, sealed: Mapping[str, set[tuple[str, bytes]]], beside: Mapping[str, bytes]) -> list[str]:
    """Lines `what: where`: of every file of a home, and of what lies beside it under the names given."""
    values, tags = planted(sealed), {code: Wanted({code: tag(code)}) for code in sealed}
    alone = (
        None if (home / "regions").exists() else next(iter(sealed), "")
    )  # a region by itself: nothing is abroad there
    found = [f"a file that nobody has classified: {name}" for name in (unclassified(home) if alone is None else ())]
    for path in sorted(home.rglob("*")):
        where = path.relative_to(home)
        if where.parts[0] in BOOKS or not path.is_file():
            continue
        with suppress(FileNotFoundError):  # processes of a story may still be at work
            own = where.parts[1] if where.parts[0] in ("regions", "backups") and len(where.parts) > 2 else alone or ""
            found += _met(where.as_posix(), fresh(path.read_bytes()), values, tags, own)
    for name, raw in beside.items():
        found += _met(name, raw, values, tags, name.removeprefix(SERVER))
    return found


def _met(where: str, raw: bytes, values: Wanted, tags: Mapping[str, Wanted], own: str) -> list[str]:
    found = [f"{what}: {' in '.join((where, *layers))}" for what, layers in search(raw, values)]
    return found + [f"ciphertext of {code}: {where}" for code in tags if code != own and tags[code].found(raw)]


def planted(sealed: Mapping[str, set[tuple[str, bytes]]]) -> Wanted:
    kinds: dict[str, str | bytes] = {}
    for code, several in sealed.items():
        for place, plain in several:
            if len(plain) >= LEAST and not OUR_OWN.fullmatch(plain):
                kinds[f"{code} {place} {plain[:60]!r}"] = as_text(plain)
    return Wanted(kinds)


def as_text(plain: bytes) -> str | bytes:
    try:
        return plain.decode()
    except UnicodeDecodeError:
        return plain


def tag(code: str) -> bytes:
    return b"GH\x01" + code.encode().ljust(4, b"\0")


# --- where to look


_blank: set[bytes] = set()


def blank(template: Path) -> None:
    """A region as it is opened, before it knows anybody: its pages need no look in the copies that tests get."""
    for path in template.rglob("*.db"):
        raw = path.read_bytes()
        _blank.update(raw[at : at + BLOCK] for at in range(0, len(raw), BLOCK))


def fresh(raw: bytes) -> bytes:
    """Without the pages that a region is opened with, each once; the log of a SQLite database has them between heads of frames."""
    head, gap = (WAL_HEAD, FRAME_HEAD) if raw.startswith(WAL_STARTS) else (0, 0)
    blocks = dict.fromkeys(raw[at + gap : at + gap + BLOCK] for at in range(head, len(raw), gap + BLOCK))
    return b"".join(block for block in blocks if block not in _blank)


_read: dict[Path, int] = {}


def tail(folder: Path) -> bytes:
    """What was written to a Valkey's log since the last look, as tests share one."""
    parts = []
    for path in folder.rglob("*.aof"):
        raw = path.read_bytes()
        begin = _read.get(path, 0) if _read.get(path, 0) <= len(raw) else 0
        _read[path] = len(raw)
        parts.append(raw[begin:])
    return b"\n".join(parts)


def valkey_folder(url: str) -> Path:
    return Path(unquote(url.removeprefix("unix://"))).parent


def settings_of(given: Any) -> Settings | None:
    """Of whatever a fixture answers that knows where its home is."""
    if isinstance(given, tuple) and given:
        given = given[0]
    if isinstance(given, Mapping) and "HUB_HOME" in given:
        return load_settings(given)
    found = given if isinstance(given, Settings) else getattr(given, "settings", None)
    return found if isinstance(found, Settings) else None


def codes_of(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "regions").glob("*") if (path / "keys").exists())


def elsewhere(home: Path, settings: Settings | None) -> dict[str, bytes]:
    """Databases of other servers, and what processes said."""
    said = {path.name: path.read_bytes() for path in home.parent.glob("log*.txt")}
    for code in codes_of(home) if settings else ():
        if settings and not settings.database_url(code).startswith("sqlite"):
            said[f"{SERVER}{code}"] = dump(settings.owner_url(code))
    return said


def dump(url: str) -> bytes:
    """Every row of every table, bytes as they are."""
    wanted = "SELECT format('COPY %I TO STDOUT (FORMAT binary)', relname) FROM pg_stat_user_tables"
    parts: list[bytes] = []
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False)) as connection:
        for (statement,) in connection.execute(wanted).fetchall():
            with connection.cursor().copy(statement) as copy:
                parts += map(bytes, copy)
    return b"".join(parts)


def opened(settings: Settings, code: str) -> Iterator[tuple[str, bytes]]:
    """Every personal value whose key is still there: of processes whose vaults told nobody."""
    vault = Vault(code, FileKeyStore(settings.folder(code) / "keys"), AesGcm())
    columns = (
        PersonalValue.person_id,
        PersonalValue.field,
        PersonalValue.about_id,
        PersonalValue.sealed,
        DataKey.id,
        DataKey.wrapped,
    )
    wanted = (
        select(*columns)
        .join(Person, Person.id == PersonalValue.person_id)
        .join(DataKey, DataKey.id == Person.data_key_id)
    )
    engine = create_engine(settings.owner_url(code))
    try:
        with engine.connect() as connection:
            for person_id, name, about_id, sealed, key_id, wrapped in connection.execute(wanted):
                key = vault.unwrap(key_id, wrapped)
                yield "value", vault.unseal(key, sealed, value_context(person_id, name, about_id))
    finally:
        engine.dispose()
