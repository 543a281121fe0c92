"""Whatever comes as a body is JSON or NotJson."""

import pytest

from hub.errors import NotJson
from hub.sdk import read_json


def test_json_is_read() -> None:
    assert read_json('{"name": "Jürgen"}'.encode()) == {"name": "Jürgen"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"<html>", b'{"a": NaN}', b"[Infinity]"])
def test_anything_else_is_told_so(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)


def test_half_a_character_becomes_one_that_says_so_and_a_zero_byte_nothing() -> None:
    assert read_json(rb'{"name": ["Ada \ud83d", "a\u0000b", "\ud83d\ude00"], "k\ud800": 1}') == {
        "name": ["Ada \ufffd", "ab", "\U0001f600"],
        "k\ufffd": 1,
    }
