"""Files: every dialect gives the same rows, every bad value its line and reason, and a second read the same keys."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.csvfile import LONGEST, PAGE, CsvFile
from hub.errors import WrongInput
from hub.sdk import EventRecord, Field, FileMapping, ImportPage, RowProblem
from proving import account_of

MAPPING = FileMapping(
    name="purchases",
    record="visit",
    number="customer_id",
    key=("customer_id", "date", "spend"),
    zone="America/New_York",
    fields=(
        Field("at", "date", "instant", optional=False),
        Field("note", "note", "text", optional=True),
        Field("amount", "spend", "money", optional=False, currency="USD"),
    ),
    constants={},
)
HEAD = "customer_id,date,note,spend\n"
ROWS = HEAD + '1,2026-03-01,"oil, filter",10.50\n2,2026-03-02,"said ""hi""\nand left",7\n'


def read(path: Path) -> list[ImportPage]:
    return list(CsvFile(account_of()).read(path, MAPPING))


def written(tmp_path: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def records(pages: list[ImportPage]) -> Iterator[EventRecord]:
    for page in pages:
        for record in CsvFile(account_of()).normalise(page.incoming.payload) if page.incoming else ():
            assert isinstance(record, EventRecord)
            yield record


def problems(path: Path) -> list[RowProblem]:
    return [problem for page in read(path) for problem in page.problems]


NDJSON = "\n".join(
    json.dumps(one)
    for one in (
        {"customer_id": 1, "date": "2026-03-01", "note": "oil, filter", "spend": "10.50"},
        {"customer_id": "2", "date": "2026-03-02", "note": 'said "hi"\nand left', "spend": 7},
    )
)
SEMI = 'customer_id;date;note;spend\n1;2026-03-01;oil, filter;10.50\n2;2026-03-02;"said ""hi""\nand left";7\n'
DIALECTS: dict[str, tuple[str, bytes]] = {
    "comma": ("a.csv", ROWS.encode()),
    "semicolon": ("a.csv", SEMI.encode()),
    "tab": ("a.tsv", SEMI.replace(";", "\t").encode()),
    "bar": ("a.txt", SEMI.replace(";", "|").encode()),
    "mark": ("a.csv", b"\xef\xbb\xbf" + ROWS.encode()),
    "no end of line": ("a.csv", ROWS.rstrip("\n").encode()),
    "blank lines": ("a.csv", ROWS.replace('\n2,', '\n\n2,').encode() + b"\n\n"),
    "gzip": ("a.csv.gz", gzip.compress(ROWS.encode())),
    "ndjson": ("a.ndjson", NDJSON.encode()),
    "jsonl gzip with a mark": ("a.jsonl.gz", gzip.compress(b"\xef\xbb\xbf" + NDJSON.encode() + b"\n\n")),
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_same_rows(tmp_path: Path, dialect: str) -> None:
    name, content = DIALECTS[dialect]
    pages = read(written(tmp_path, content, name))
    assert [page.problems for page in pages] == [[]]
    first, second = records(pages)
    assert (first.customer.customer_number, first.amount_minor, first.currency) == ("1", 1050, "USD")
    assert (first.attributes, first.zone) == ({"note": "oil, filter"}, "America/New_York")
    assert first.at.isoformat() == "2026-03-01T17:00:00+00:00"
    assert second.attributes == {"note": 'said "hi"\nand left'}


def test_windows_line_ends_are_line_ends(tmp_path: Path) -> None:
    pages = read(written(tmp_path, HEAD.replace("\n", "\r\n") + "1,2026-03-01,x,10.50\r\n"))
    assert [record.amount_minor for record in records(pages)] == [1050]


def test_a_bad_value_is_named_by_its_line_and_column_and_the_good_rows_go_on(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        HEAD + '1,2026-03-01,"two\nlines",5\n2,yesterday,x,5\n,2026-03-01,x,5\n3,2026-03-01,x,free\n4,2026-03-01,x,6\n',
    )
    assert [(one.line, one.column) for one in problems(path)] == [(4, "date"), (5, "customer_id"), (6, "spend")]
    assert all(one.reason and one.hint for one in problems(path))
    assert [record.customer.partner_id for record in records(read(path))] == ["1", "4"]


def test_two_bad_values_of_a_row_are_one_problem_that_names_both(tmp_path: Path) -> None:
    (problem,) = problems(written(tmp_path, HEAD + "1,yesterday,x,free\n"))
    assert (problem.line, problem.column) == (2, "date")
    assert "Also spend" in problem.reason


@pytest.mark.parametrize("row", ["1,2026-03-01,x", "1,2026-03-01,x,5,6", "1,2026-03-01,a\0b,5", "1"])
def test_a_row_of_another_length_or_with_a_zero_byte_is_no_row(tmp_path: Path, row: str) -> None:
    found = problems(written(tmp_path, HEAD + row + "\n1,2026-03-01,x,5\n"))
    assert [one.line for one in found] == [2]


@pytest.mark.parametrize("line", ["{", "[1]", '{"customer_id": "1", "note": "a\\u0000b"}', "1", '{"customer_id": '])
def test_half_a_line_of_ndjson_is_a_problem_of_that_line(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, NDJSON + "\n" + line, "a.ndjson")
    assert [one.line for one in problems(path)] == [3]
    assert len(list(records(read(path)))) == 2


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", b"", "empty"), ("a.csv", b"customer_id,date,note\n1,2,3\n", "no column spend"),
        ("a.csv", b"customer_id,date,note,spend,spend\n", "twice"), ("a.csv", b"\xff\xfea\0", "UTF-8"),
        ("a.csv", HEAD.encode() + b'1,2026-03-01,"open,5\n', ":2:"),
        ("a.csv.gz", b"no gzip", "cannot be read"), ("a.csv.gz", gzip.compress(ROWS.encode())[:-12], "cannot be read"),
        ("a.csv.gz", gzip.compress(ROWS.encode())[:12] + b"\xff" * 40, "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_says_why(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    with pytest.raises(WrongInput, match=why) as raised:
        read(written(tmp_path, content, name))
    assert raised.value.hint


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="cannot be read"):
        read(tmp_path / "none.csv")


def test_rows_that_are_equal_are_numbered_so_that_each_is_a_visit(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "1,2026-03-01,x,5\n" * 3)
    assert len({record.key for record in records(read(path))}) == 3


def many(count: int, start: int = 0) -> str:
    return "".join(f"{n},2026-03-01,x,{n % 90}\n" for n in range(start, count))


def test_a_second_read_gives_the_same_pages_and_keys(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + many(PAGE * 2 + 1))
    first, again = read(path), read(path)
    assert [page.rows for page in first] == [PAGE, PAGE, 1]
    assert first == again
    assert len({page.incoming.key for page in first if page.incoming}) == 3


def test_a_customer_whose_rows_follow_one_another_is_never_split_over_two_pages(tmp_path: Path) -> None:
    rows = many(PAGE - 1) + "".join(f"same,2026-03-{day:02d},x,5\n" for day in range(1, 8)) + "next,2026-03-01,x,5\n"
    assert [page.rows for page in read(written(tmp_path, HEAD + rows))] == [PAGE - 1 + 7, 1]


def test_one_customer_alone_does_not_make_an_endless_page(tmp_path: Path) -> None:
    rows = "".join(f"same,2026-03-01,{n},5\n" for n in range(LONGEST + 1))
    assert [page.rows for page in read(written(tmp_path, HEAD + rows))] == [LONGEST, 1]


def test_rows_added_in_front_change_the_pages_and_no_key_of_a_row(tmp_path: Path) -> None:
    before = {record.key for record in records(read(written(tmp_path, HEAD + many(PAGE + 5))))}
    after = {record.key for record in records(read(written(tmp_path, HEAD + "x,2026-01-01,x,1\n" + many(PAGE + 5))))}
    assert before < after
    assert len(after - before) == 1


READS = """
import resource, sys
from pathlib import Path
from test_csvfile import MAPPING
from proving import account_of
from connectors.csvfile import CsvFile
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(page.rows for page in CsvFile(account_of()).read(Path(sys.argv[1]), MAPPING))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_of_200_000_rows_only_a_short_mark_each_is_kept(tmp_path: Path) -> None:
    """The marks tell equal rows apart, anywhere in the file: at most 160 bytes a row. Whole rows would take thrice that."""
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write(HEAD)
        file.writelines(f"{n},2026-03-01,{'x' * 300},5\n" for n in range(200_000))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    found = subprocess.run([sys.executable, "-c", READS, path], capture_output=True, text=True, env=env, check=True)
    rows, kilobytes = map(int, found.stdout.split())
    assert rows == 200_000
    assert kilobytes * 1024 / rows < 160


@pytest.mark.parametrize("payload", [b'{"record": "visit", "rows": [{}]}', b'{"record": "visit", "rows": 3}',
                                     b'{"record": "customer", "rows": [{"number": "1", "fields": {"x": 1}}]}'])  # fmt: skip
def test_a_page_that_makes_no_sense_is_refused(payload: bytes) -> None:
    with pytest.raises(WrongInput, match="no sense"):
        CsvFile(account_of()).normalise(payload)


def test_a_page_holds_plain_values_only(tmp_path: Path) -> None:
    (page,) = read(written(tmp_path, ROWS))
    assert page.incoming is not None
    found: Any = json.loads(page.incoming.payload)
    assert found["record"] == "visit"
    assert found["rows"][0]["fields"]["at"] == "2026-03-01T17:00:00+00:00"
