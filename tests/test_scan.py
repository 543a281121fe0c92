"""The scanner sees through every layer it claims to see through."""

import base64
import gzip
import json
import zlib
from urllib.parse import quote

import pytest

from scan import scan

NAME = "Jürgen Weiß-Öztürk"
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
}


@pytest.mark.parametrize("wrap", WRAPS)
def test_a_planted_value_is_found_in_every_encoding(tmp_path, wrap):
    (tmp_path / "planted.bin").write_bytes(b"\0\1\2" + WRAPS[wrap](NAME) + b"\xff\xfe")

    assert {hit.kind for hit in scan([tmp_path], {"name": NAME})} == {"name"}


def test_an_innocent_file_gives_no_hit(tmp_path):
    (tmp_path / "other.bin").write_bytes(zlib.compress(b"nothing to see here") * 5)

    assert scan([tmp_path], {"name": NAME}) == []
