"""Looks for planted values in files, through the layers that hide them: compression, base64, UTF-16, Latin-1, URL, JSON and pickle
escapes, the text and the metadata of PDFs. Metadata of pictures lie in them in one of those spellings."""

import base64
import binascii
import gzip
import io
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import numpy as np
import pikepdf

DEPTH = 3  # layers inside layers
ZLIB_STARTS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
MOST = 64_000_000  # bytes of one file
HEAD = 4  # bytes by which a spelling is met; shorter ones are not looked for


@dataclass(frozen=True)
class Hit:
    kind: str
    path: Path
    layers: tuple[str, ...]


def spellings(value: str) -> set[bytes]:
    """A value as it may stand in a file: plain, UTF-16, Latin-1, escaped for URLs, JSON, Python and pickle."""
    plain = value.encode()
    latin = {value.encode("latin-1")} if value.isascii() or all(ord(one) < 256 for one in value) else set()
    return latin | {
        value.encode("raw_unicode_escape"),
        value.encode("unicode_escape"),
        plain,
        value.encode("utf-16-le"),
        value.encode("utf-16-be"),
        quote(value).encode(),
        quote_plus(value).encode(),
        json.dumps(value)[1:-1].encode(),
        value.casefold().encode(),
        value.upper().encode(),
        plain.hex().encode(),
    }


class Wanted:
    """Spellings of any number of values, all looked for in one pass: only where the first four bytes of one stand is it compared."""

    def __init__(self, planted: Mapping[str, str | bytes]) -> None:
        self.kinds: dict[bytes, str] = {}
        for kind, value in planted.items():
            forms = spellings(value) if isinstance(value, str) else {value, value.hex().encode()}
            self.kinds |= dict.fromkeys(forms, kind)
        self.forms: dict[bytes, list[bytes]] = defaultdict(list)
        for form in self.kinds:
            self.forms[form[:HEAD]].append(form)
        self.heads = np.sort(np.frombuffer(b"".join(self.forms), dtype="<u4"))
        self.ends = np.zeros(1 << 16, dtype=bool)  # most places are ruled out by a look at two bytes
        self.ends[self.heads >> 16] = True

    def found(self, raw: bytes) -> set[str]:
        """Kinds that stand in these bytes as they are."""
        if len(raw) < HEAD or not self.forms:
            return set()
        pairs = _windows(raw, "<u2", 2)[2:]
        places = np.flatnonzero(self.ends[pairs])
        heads = _windows(raw, "<u4", HEAD)[places]
        at = np.searchsorted(self.heads, heads).clip(max=len(self.heads) - 1)
        met = places[self.heads[at] == heads]
        return {
            self.kinds[form]
            for place in met.tolist()
            for form in self.forms[raw[place : place + HEAD]]
            if raw.startswith(form, place)
        }


def _windows(raw: bytes, kind: str, size: int) -> "np.ndarray[Any, np.dtype[Any]]":
    """The number that begins at each byte."""
    return np.ndarray((len(raw) - size + 1,), dtype=kind, buffer=raw, strides=(1,))


def scan(folders: Sequence[Path], planted: Mapping[str, str | bytes]) -> list[Hit]:
    """kind -> value: every place below these folders where a value stands, in whatever layers."""
    wanted = Wanted(planted)
    hits = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_socket():
                hits += [Hit(kind, path, layers) for kind, layers in search(path.read_bytes()[:MOST], wanted)]
    return hits


def search(raw: bytes, wanted: Wanted, layers: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    for kind in sorted(wanted.found(raw)):
        yield kind, layers
    if len(layers) < DEPTH:
        inside: dict[str, list[bytes]] = defaultdict(list)
        for name, inner in unwrap(raw):
            inside[name].append(inner)
        for name, several in inside.items():
            yield from search(b"\n".join(several), wanted, (*layers, name))


def unwrap(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Everything inside that can be decoded, wherever it begins."""
    view = memoryview(raw)
    for start in ZLIB_STARTS:
        for place in _places(raw, start):
            yield from _inflate("zlib", view[place:], zlib.MAX_WBITS)
    for place in _places(raw, gzip.compress(b"")[:2]):
        yield from _inflate("gzip", view[place:], zlib.MAX_WBITS | 16)
    for run in BASE64.findall(raw):
        yield from _decode(run)
    for place in _places(raw, b"%PDF-"):
        yield from _read_pdf(raw[place:])


def _read_pdf(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """What a reader would see: letters are numbers of glyphs there, which each font says how to read."""
    try:
        with pikepdf.open(io.BytesIO(raw)) as pdf:
            said = "\n".join(str(value) for value in pdf.docinfo.values())
            for page in pdf.pages:
                said += "".join(_letters(page))
    except pikepdf.PdfError:
        return
    yield "pdf", said.encode()


def _letters(page: pikepdf.Page) -> Iterator[str]:
    fonts = page.resources.get("/Font", {})
    maps = {name: _glyphs(bytes(font.ToUnicode.read_bytes())) for name, font in fonts.items() if "/ToUnicode" in font}
    glyphs: Mapping[int, str] | None = None
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            glyphs = maps.get(str(operands[0]))
        elif str(operator) in ("Tj", "TJ", "'", '"'):
            pieces = operands[-1] if isinstance(operands[-1], pikepdf.Array) else [operands[-1]]
            for raw in (bytes(piece) for piece in pieces if isinstance(piece, pikepdf.String)):
                pairs = zip(raw[::2], raw[1::2], strict=False)
                yield raw.decode("latin-1") if glyphs is None else "".join(glyphs.get(a << 8 | b, "") for a, b in pairs)
        elif str(operator) in ("ET", "Td", "T*"):
            yield "\n"


def _glyphs(table: bytes) -> Mapping[int, str]:
    """Number of a glyph -> its letters, by the font's table (ISO 32000-1, 9.10.3)."""
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for number, letters in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(number, 16)] = bytes.fromhex(letters.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, letter in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = chr(int(letter, 16) + step)
    return found


def _places(raw: bytes, start: bytes) -> Iterator[int]:
    place = raw.find(start)
    while place >= 0:
        yield place
        place = raw.find(start, place + 1)


def _inflate(name: str, raw: memoryview, bits: int) -> Iterator[tuple[str, bytes]]:
    try:
        inner = zlib.decompressobj(bits).decompress(raw, MOST)
    except zlib.error:
        return
    if len(inner) >= 8:
        yield name, inner


def _decode(run: bytes) -> Iterator[tuple[str, bytes]]:
    """A run of letters may begin anywhere in a text, so all four phases are tried."""
    for phase in range(4):
        cut = run[phase:].rstrip(b"=")
        cut = cut[: len(cut) // 4 * 4 + (len(cut) % 4 if len(cut) % 4 != 1 else 0)]
        try:
            yield "base64", base64.b64decode(cut.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(cut) % 4))
        except (binascii.Error, ValueError):
            continue
