"""The quick reading answers what the schema answers, or nothing: never something else."""

import copy
import json

import pytest
from marshmallow import ValidationError

from hub.sdk.row_checks import QUICK, SCHEMAS, dumped
from shops import ROWS

ODD = [None, "", " ", "x", "x" * 500, "a b", "ü", "\0", "\ud800", "\n", "DE", "de", "EUR", "eur", 0, -1, 1, 10, 11, 101, 1.5, 1e300,
       float("nan"), 2**63, 10**14, True, False, "true", "1", [], [1], {}, {"code": "x"}, "2026-02-28", "2026-02-30",
       "20260228", "2026-3-1",
       "2026-03-01T08:00:00Z", "2026-03-01T08:00:00", "2026-03-01T08:00:00+02:00", "2026-03-01T08:00:00.5Z", "2026-03-01 08:00:00Z",
       "2026-03-01T24:00:00Z", "2026-03-01T08:00Z", "1949-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00",
       "２０２６-03-01", "anna@example.org", "visit", "booked", "granted", "gold"]  # fmt: skip


def by_schema(kind, row):
    try:
        return SCHEMAS[kind].load(copy.deepcopy(row))
    except ValidationError:
        return None


def variants(row):
    """The row without each field, with each odd value in its place, and the same within its lists of objects."""
    for name in [*row, "unheard_of"]:
        yield {key: value for key, value in row.items() if key != name}
        for odd in ODD:
            yield {**row, name: odd}
        if isinstance(row.get(name), list) and row[name] and isinstance(row[name][0], dict):
            for inner in variants(row[name][0]):
                yield {**row, name: [inner]}


@pytest.mark.parametrize("kind", ROWS)
def test_what_is_read_quickly_is_what_the_schema_reads_in_its_order(kind):
    sure = 0
    for row in [ROWS[kind], *variants(ROWS[kind])]:
        found = QUICK[kind](copy.deepcopy(row))
        if found is not None:
            assert (found, list(found)) == ((read := by_schema(kind, row)), list(read or ())), row
            sure += 1

    assert sure > len(ROWS[kind])


@pytest.mark.parametrize("kind", ROWS)
def test_a_plain_row_needs_no_second_reading(kind):
    assert QUICK[kind](json.loads(json.dumps(ROWS[kind]))) is not None
    assert dumped(QUICK[kind](ROWS[kind])) == dumped(by_schema(kind, ROWS[kind]))


@pytest.mark.parametrize("odd", [None, 7, "visit", [], [ROWS["visit"]]])
def test_what_is_no_object_is_left_to_the_schema(odd):
    assert QUICK["visit"](odd) is None
