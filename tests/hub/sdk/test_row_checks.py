"""A row is taken whole or refused with every wrong field named, and no value of it is repeated."""

import json
from datetime import UTC, datetime

import pytest

from hub.errors import WrongInput
from hub.sdk import Bounds
from hub.sdk.row_checks import check, checked, dumped
from hub.sdk.rows import KINDS
from shops import ROWS, a_row

NOW = datetime(2026, 3, 6, tzinfo=UTC)
BOUNDS = Bounds({"berlin-mitte"}, {"DE", "AT"}, NOW)
HUGE = int("9" * 400)


def refusals(kind, row):
    return {one.field: one.reason for one in check(kind, row, BOUNDS)[1]}


def test_the_readme_shows_every_kind_of_row():
    assert ROWS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_the_row_the_readme_shows_is_taken_and_is_the_same_when_it_is_kept(kind):
    row, wrong = check(kind, ROWS[kind], BOUNDS)

    assert wrong == []
    again, wrong = check(kind, json.loads(dumped(row)), BOUNDS)
    assert (again, wrong) == (row, [])


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("visit", {"odometer_km": -1}, "odometer_km"),
        ("visit", {"odometer_km": True}, "odometer_km"),
        ("visit", {"odometer_km": 1.5}, "odometer_km"),
        ("visit", {"odometer_km": HUGE}, "odometer_km"),
        ("visit", {"currency": "XXX"}, "currency"),
        ("visit", {"currency": None}, "currency"),
        ("visit", {"branch": "atlantis"}, "branch"),
        ("visit", {"opened_at": "2026-03-02T07:00:00"}, "opened_at"),
        ("visit", {"opened_at": "0001-01-01T00:00:00+14:00"}, "opened_at"),
        ("visit", {"opened_at": "2026-04-01T07:00:00Z", "closed_at": None}, "opened_at"),
        ("visit", {"closed_at": "2026-03-01T07:00:00Z"}, "closed_at"),
        ("visit", {"note": "a\0b"}, "note"),
        ("visit", {"note": "half \ud83d"}, "note"),
        ("visit", {"key": ""}, "key"),
        ("visit", {"version": 2**63}, "version"),
        ("visit", {"cancelled": "yes"}, "cancelled"),
        ("visit", {"lines": [{"code": "oil", "price_minor": float("nan")}]}, "lines.0.price_minor"),
        ("visit", {"lines": [{"code": "oil", "price_minor": HUGE}]}, "lines.0.price_minor"),
        ("visit", {"lines": [{"code": "two words", "price_minor": 1}]}, "lines.0.code"),
        ("visit", {"type": "invoice"}, "type"),
        ("inspection", {"findings": [{"part": "pads", "safety": "ok", "measured": float("nan")}]}, "findings.0.measured"),
        ("inspection", {"findings": [{"part": "pads", "safety": "ok", "measured": 1e400}]}, "findings.0.measured"),
        ("invoice", {"total_minor": 1}, "total_minor"),
        ("recommendation", {"currency": None}, "currency"),
        ("recommendation", {"decided_at": None}, "decided_at"),
        ("appointment", {"starts_at": "2026-03-01T08:00:00Z", "ends_at": "2026-03-01T09:00:00Z"}, "starts_at"),
        ("appointment", {"ends_at": "2026-03-09T08:00:00Z"}, "ends_at"),
        ("customer", {"residence": "Germany"}, "residence"),
        ("customer", {"residence": "AE"}, "residence"),
        ("customer", {"email": "anna"}, "email"),
        ("branch", {"zone": "Mars/Olympus"}, "zone"),
        ("branch", {"key": "two words"}, "key"),
        ("survey", {"score": 11}, "score"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named_by_its_path(kind, change, field):
    assert field in refusals(kind, a_row(kind, **change))


@pytest.mark.parametrize("row", [None, [], "x", 7, float("nan")])
def test_what_is_no_object_is_no_row(row):
    assert refusals("visit", row) == {"": "Is no JSON object."}


def test_an_appointment_in_the_past_may_be_told_once_it_is_over():
    past = {"starts_at": "2026-03-01T08:00:00Z", "ends_at": "2026-03-01T09:00:00Z"}

    assert refusals("appointment", a_row("appointment", **past, state="no_show")) == {}


def test_every_wrong_field_is_named_at_once_and_none_of_what_it_held():
    found = check("customer", {"key": "C", "at": "Anna", "email": "Anna", "Anna Weiß": 1}, BOUNDS)[1]

    assert {one.field for one in found} == {"at", "email", "(unknown)"}
    assert all("Anna" not in one.field + one.reason + one.hint for one in found)


@pytest.mark.parametrize("row", [None, {}, {"type": ["visit"]}, {"type": "car"}, {"type": "visit"}])
def test_a_webhook_whose_row_makes_no_sense_is_refused(row):
    with pytest.raises(WrongInput, match="makes no sense"):
        checked(row)
