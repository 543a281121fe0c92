"""The scanner sees through every layer it claims to see through."""

import base64
import gzip
import io
import json
import pickle
import zlib
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from PIL import Image
from sqlalchemy import make_url

from hub.sheet import Sheet
from on_disk import LOG, TABLES, OnDisk
from scan import scan

NAME = "Jürgen Weiß-Öztürk"


def paper(value: str, title: str = "") -> bytes:
    """As our own papers are written, with a font of their own; the title is metadata."""
    sheet = Sheet("en", title or "A paper", datetime(2026, 11, 26, tzinfo=UTC), "%(number)s", "")
    sheet.lead(value)
    return sheet.end()


def picture(**more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", **more)
    return out.getvalue()


def exif(tag: int, value: bytes) -> Image.Exif:
    found = Image.Exif()
    found[tag] = value
    return found


USER_COMMENT, XP_AUTHOR = 0x9286, 0x9C9D
WRAPS = {
    "plain": lambda value: value.encode(),
    "utf-16": lambda value: value.encode("utf-16"),
    "url": lambda value: quote(value).encode(),
    "json": lambda value: json.dumps({"name": value}).encode(),
    "zlib": lambda value: b"head" + zlib.compress(value.encode() * 3),
    "gzip": lambda value: gzip.compress(value.encode() * 3),
    "base64": lambda value: b"x=" + base64.b64encode(b"some bytes before " + value.encode()),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(b"??>" + value.encode()),
    "zlib in base64": lambda value: base64.b64encode(zlib.compress(value.encode() * 3)),
    "base64 in gzip": lambda value: gzip.compress(base64.b64encode(value.encode() * 2)),
    "hex": lambda value: value.encode().hex().encode(),
    "pickle": lambda value: pickle.dumps({"args": [value]}),
    "the oldest pickle": lambda value: pickle.dumps({"args": [value]}, protocol=0),
    "a job as RQ keeps it": lambda value: zlib.compress(pickle.dumps(("hub.jobs.drain", None, (value * 2,), {}))),
    "a traceback as RQ keeps it": lambda value: base64.b64encode(
        zlib.compress(f"ValueError: {value!r} {value}".encode() * 2)
    ),
    "Latin-1": lambda value: value.encode("latin-1"),
    "the text of a PDF": paper,
    "the metadata of a PDF": lambda value: paper("nothing", title=value),
    "a PDF in base64": lambda value: base64.b64encode(paper(value)),
    "a comment in a JPEG": lambda value: picture(comment=value.encode()),
    "Exif of a JPEG, in UTF-16": lambda value: picture(exif=exif(XP_AUTHOR, value.encode("utf-16-le"))),
    "Exif of a JPEG, a comment": lambda value: picture(
        exif=exif(USER_COMMENT, b"UNICODE\0" + value.encode("utf-16-be"))
    ),
    "XMP of a JPEG": lambda value: picture(xmp=f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{value}</x:xmpmeta>".encode()),
}


@pytest.mark.parametrize("wrap", WRAPS)
def test_a_planted_value_is_found_in_every_encoding(tmp_path, wrap):
    (tmp_path / "planted.bin").write_bytes(b"\0\1\2" + WRAPS[wrap](NAME) + b"\xff\xfe")

    assert {hit.kind for hit in scan([tmp_path], {"name": NAME})} == {"name"}


def test_a_row_that_was_deleted_is_found_in_postgresqls_files_and_in_its_log(postgres, postgres_url, tmp_path):
    database = make_url(postgres_url).database.removeprefix(postgres.prefix)
    disk = OnDisk(postgres)
    try:
        with postgres.connect(database) as line:
            line.execute("CREATE TABLE thrown_away (short text, long text)")
            disk.store_plainly(database)
            line.execute(
                "INSERT INTO thrown_away VALUES (%s, %s)", [NAME, f"{'ab' * 4000} Kanarienvogel {'ab' * 4000}"]
            )
            line.execute("DELETE FROM thrown_away")
            line.execute("CHECKPOINT")
        planted = {"short": NAME, "long": "Kanarienvogel", "never": "Nachtigall"}
        hits = scan([disk.copy(database, tmp_path / "disk")], planted)
    finally:
        disk.close()

    assert {(hit.kind, hit.path.name) for hit in hits} == {
        (kind, file) for kind in ("short", "long") for file in (TABLES, LOG)
    }


def test_an_innocent_file_gives_no_hit(tmp_path):
    (tmp_path / "other.bin").write_bytes(zlib.compress(b"nothing to see here") * 5)

    assert scan([tmp_path], {"name": NAME}) == []
