"""Whatever comes as a body is JSON or NotJson."""

import pytest

from hub.errors import NotJson
from hub.sdk import read_json


def test_json_is_read() -> None:
    assert read_json('{"name": "Jürgen"}'.encode()) == {"name": "Jürgen"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"<html>"])
def test_anything_else_is_told_so(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)
