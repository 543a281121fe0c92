"""Rows of an upload: every bad file gets a clear answer, in bounded memory."""

import gzip
from io import BytesIO

import pytest

from hub.errors import NotJson, TooLarge, WrongInput
from hub.sdk import RowProblem
from hub.web import rows
from hub.web.rows import Row, read_rows

CSV = "text/csv"
COLUMNS = ("vin", "since", "until")


def read(body, kind=CSV):
    return list(read_rows(BytesIO(body), kind, COLUMNS, ("vin", "since")))


@pytest.mark.parametrize(
    ("kind", "body", "error", "word"),
    [
        (CSV, b"", WrongInput, "empty"), (CSV, b"vin,sinc\n", WrongInput, "since"), (CSV, b"since\n2026-01-01\n", WrongInput, "vin"),
        (CSV, b"\xff\xfe\n", WrongInput, "UTF-8"), (CSV, b"vin,since,vin\n", WrongInput, "twice"),
        ("application/json", b"{}", WrongInput, "list"),
        ("application/json", b'[{"vin": NaN}]', NotJson, "JSON"), ("application/json", b'[{"vin": "x"}, {"vi', NotJson, "JSON"),
        ("application/json", b"[" * 100_000, NotJson, "JSON"), ("application/xml", b"<a/>", WrongInput, "text/csv"),
        (CSV, gzip.compress(b"vin,since\n")[:-4], WrongInput, "early"), (CSV, b"\x1f\x8b\x08broken bytes", WrongInput, "damaged"),
    ],
)  # fmt: skip
def test_what_is_wrong_as_a_whole_raises(kind, body, error, word):
    with pytest.raises(error, match=word):
        read(body, kind)


@pytest.mark.parametrize("size", [1, 7, 65_536])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_chunks_of_any_size_give_the_same_rows(monkeypatch, size, pack):
    monkeypatch.setattr(rows, "CHUNK", max(size, 2))
    body = 'vin,since\r\nÄ,1\r\n\r\n"a,b",2\n'.encode()

    assert read(pack(body)) == [Row(2, {"vin": "Ä", "since": "1"}), Row(4, {"vin": "a,b", "since": "2"})]


def test_gzip_may_have_several_members():
    assert len(read(gzip.compress(b"vin,since\na,1\n") + gzip.compress(b"b,2\n"))) == 2


def test_a_bomb_is_stopped_at_the_limit_and_never_unpacked(monkeypatch):
    monkeypatch.setattr(rows, "MOST_BYTES", 1_000_000)
    with pytest.raises(TooLarge):
        read(gzip.compress(b"vin,since\n" + b"0" * 30_000_000))


def test_ten_megabytes_in_one_row_are_passed_over():
    found = read(b"vin,since\na,1\n" + b"x" * 10_000_000 + b"\nb,2\n")

    assert [type(one) for one in found] == [Row, RowProblem, Row]
    assert [one.line for one in found] == [2, 3, 4]


def test_more_rows_than_we_take_are_too_many(monkeypatch):
    monkeypatch.setattr(rows, "MOST_ROWS", 2)
    with pytest.raises(TooLarge):
        read(b"vin,since\na,1\nb,2\nc,3\n")


@pytest.mark.parametrize(
    ("line", "word"),
    [(b"\xff\xfe,1", "UTF-8"), (b"a", "1 of 2"), (b"a,b,c", "3 of 2"), (b'a,"1', "quote"), (b"a\0,1", "zero byte")],
)
def test_a_broken_row_is_named_and_the_next_one_is_read(line, word):
    wrong, good = read(b"vin,since\n" + line + b"\nb,2\n")

    assert (wrong.line, good) == (2, Row(3, {"vin": "b", "since": "2"}))
    assert word in wrong.reason


@pytest.mark.parametrize("line", [b"[1]", b"1", b"{", b'{"vin": NaN}', b"[" * 10_000])
def test_a_broken_line_of_ndjson_is_named_and_the_next_one_is_read(line):
    wrong, good = read(line + b'\n{"vin": "b"}\n', "application/x-ndjson; charset=utf-8")

    assert (type(wrong), wrong.line, good) == (RowProblem, 1, Row(2, {"vin": "b"}))
