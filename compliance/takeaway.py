"""A disclosure as files: one page to read, one JSON for machines, one CSV per record set, their files, all in a zip.

Made anew, the same disclosure gives the same bytes; a portable one (GDPR Art. 20) holds no page to read."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from compliance.disclosure import Disclosure, Section
from compliance.papers import File
from hub import spreadsheet
from hub.errors import WrongInput

STAMP = (1980, 1, 1, 0, 0, 0)  # of every entry: when it was made stands inside, and two packs compare equal
PART = 1_000_000  # bytes of a file at a time
STYLE = """
:root{color-scheme:light dark;--ink:#16181d;--soft:#5b6270;--line:#e3e6eb;--paper:#fff;--card:#f7f8fa}
@media(prefers-color-scheme:dark){:root{--ink:#eceef2;--soft:#9aa2b1;--line:#2a2e37;--paper:#111318;--card:#191c23}}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-inline-size:72rem;
margin:0 auto;padding:2.5rem 1.25rem}
h1{font-size:2rem;letter-spacing:-.02em;line-height:1.15}h2{font-size:1.15rem;margin:2.5rem 0 .25rem}
p,caption{color:var(--soft)}.sheet{overflow-x:auto;border:1px solid var(--line);border-radius:12px;background:var(--card)}
table{border-collapse:collapse;inline-size:100%;font-size:.9rem}th,td{padding:.5rem .75rem;text-align:start;vertical-align:top;
border-block-end:1px solid var(--line);white-space:nowrap}th{color:var(--soft);font-weight:500}tr:last-child td{border:0}
@media print{body{max-inline-size:none;padding:0}.sheet{overflow:visible;border:0}td{white-space:normal}}
"""
RIGHTS = (
    "You may ask us to correct what is wrong, to stop using it, to erase it, or to hand it to somebody else; you may object "
    "to advertising at any time; and you may complain to the supervisory authority of your country."
)


def pack(disclosure: Disclosure, files: Iterable[File] = (), *, portable: bool = False) -> bytes:
    """The zip's bytes, all in memory."""
    return b"".join(stream(disclosure, files, portable=portable))


def stream(disclosure: Disclosure, files: Iterable[File] = (), *, portable: bool = False) -> Iterator[bytes]:
    """The zip piece by piece: a person's videos pass through, and never lie anywhere in the open."""
    texts: dict[str, str] = {"data.json": json.dumps(disclosure.plain(), ensure_ascii=False, indent=1) + "\n"}
    texts |= {f"tables/{one.name}.csv": _csv(one) for one in disclosure.sections}
    if not portable:
        texts["read-me-first.html"] = page(disclosure)
    out = _Outlet()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(texts):
            archive.writestr(zipfile.ZipInfo(name, STAMP), texts[name], zipfile.ZIP_DEFLATED)
            yield out.taken()
        for file in files:
            yield from _copied(archive, file, out)
    yield out.taken()


class _Outlet(io.RawIOBase):
    """What the archive writes, until it is taken; it cannot go back, so the archive notes sizes behind each file."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, some: Any, /) -> int:
        self.held += some
        return len(some)

    def taken(self) -> bytes:
        found = bytes(self.held)
        self.held.clear()
        return found


def _copied(archive: zipfile.ZipFile, file: File, out: _Outlet) -> Iterator[bytes]:
    """Pictures, films and PDFs are packed already."""
    source = file.open()
    if source is None:
        return
    entry = zipfile.ZipInfo(file.name, STAMP)
    with source, archive.open(entry, "w", force_zip64=True) as target:
        while part := source.read(PART):
            target.write(part)
            yield out.taken()


def write(disclosure: Disclosure, path: Path, files: Iterable[File] = (), *, portable: bool = False) -> None:
    """Put the zip at `path`, readable by its owner alone. Raises WrongInput where a file stands already, or none can."""
    try:
        with path.open("xb") as target:
            path.chmod(0o600)
            target.writelines(stream(disclosure, files, portable=portable))
    except FileExistsError:
        raise WrongInput(f"{path} exists already.", "Name another file, so that nothing is overwritten.") from None
    except OSError as error:
        raise WrongInput(f"{path} cannot be written: {error.strerror}.") from None


def page(disclosure: Disclosure) -> str:
    """One page of HTML that needs nothing else, and prints."""
    made = f"{disclosure.made_at:%Y-%m-%d %H:%M} UTC"
    since = f"{disclosure.known_since:%Y-%m-%d}"
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>What we keep about you</title><style>{STYLE}</style>",
        "<h1>What we keep about you</h1>",
        f"<p>Made on {made}. We have known you since {since}. Your data lie in the region <b>{escape(disclosure.region)}</b>, ",
        f"under the law of {escape(disclosure.jurisdiction)}.</p><p>{RIGHTS}</p>",
        *(_sheet(_title(one.name), _why(one), one.columns, one.rows) for one in disclosure.sections),
        _sheet(
            "Who else has heard of you",
            "Partners that know you or were sent messages about you.",
            *_table(disclosure.told),
        ),
        _sheet(
            "What was done with your data", "Each time somebody looked, changed or decided.", *_table(disclosure.looks)
        ),
    ]
    return "\n".join(parts) + "\n"


def _sheet(title: str, why: str, columns: tuple[str, ...], rows: tuple[dict[str, Any], ...]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(_title(name))}" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td><bdi>{escape(_text(row.get(name)))}</bdi>" for name in columns) for row in rows
    )
    return f"<h2>{escape(title)}</h2><p>{escape(why)}</p><div class=sheet><table><tr>{head}{body}</table></div>"


def _table(rows: tuple[dict[str, Any], ...]) -> tuple[tuple[str, ...], tuple[dict[str, Any], ...]]:
    return tuple(rows[0]) if rows else (), rows


def _why(section: Section) -> str:
    return f"Kept for: {_title(section.purpose).lower()}. How long: {_title(section.retention).lower()}."


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _csv(section: Section) -> str:
    rows = ([row.get(name) for name in section.columns] for row in section.rows)
    return "".join(spreadsheet.lines([section.columns, *rows]))
