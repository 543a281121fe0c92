"""Segments at the command line: a document in force and back again, and somebody put in by hand."""

import json

import pytest
from sqlalchemy import select

from hub import clock as moving
from hub.models import Customer
from hub.snapshots.engines import ENGINES


@pytest.fixture
def run(run, hub, settings, tmp_path):
    """The command, with one visitor and every segment filled."""
    visits = tmp_path / "visits.csv"
    visits.write_text("customer_id,date,items,spend\n0009,2026-05-01,1,5.00\n")
    run("import", visits, "--mapping", settings.config / "mappings" / "purchases.yaml", "--region", "eu")
    moving.turn_segments(hub)
    return run


def test_a_segment_is_applied_compared_and_rolled_back(run, settings):
    path = settings.config / "segments" / "gold_members.yaml"
    before = path.read_text()
    draft = settings.config.parent / "gold_members.yaml"
    draft.write_text(before.replace("title: Gold members", "title: Gold and better"))

    assert run("segments", "diff", "gold_members", "-r", "eu") == (0, "no difference\n", "")
    code, said, _ = run("segments", "apply", draft, "-r", "eu")
    assert (code, said) == (0, "gold_members: 0 entered, 0 left\n")
    assert "Gold and better" in path.read_text()

    code, said, _ = run("segments", "rollback", "gold_members", "-r", "eu")
    assert code == 0
    assert "is in force" in said
    assert path.read_text() == before


def test_a_draft_that_is_wrong_is_refused_with_its_place(run, settings):
    draft = settings.config.parent / "gold_members.yaml"
    draft.write_text("segment: gold_members\ntitle: x\nwhen: {loyalty.teir: {is: gold}}\n")

    code, _, told = run("segments", "apply", draft, "-r", "eu")

    assert code == 1
    assert "gold_members.yaml:3:8" in told
    assert "Did you mean “loyalty.tier”?" in told


def test_somebody_is_pinned_listed_and_let_go(run, hub):
    with hub.look() as session:
        ref = session.scalars(select(Customer.ref)).one()

    code, said, _ = run(
        "segments", "pin", "gold_members", ref, "--in", "--reason", "a friend", "--author", "amira", "-r", "eu"
    )
    assert (code, said) == (0, "gold_members: pinned in\n  gold_members: entered\n")
    _, listed, _ = run("segments", "pins", "--json", "-r", "eu")
    [pin] = json.loads(listed)["pins"]
    assert (pin["customer_ref"], pin["inside"], pin["reason"], pin["author"]) == (ref, True, "a friend", "amira")
    code, said, _ = run("segments", "unpin", "gold_members", ref, "-r", "eu")
    assert (code, said) == (0, "gold_members: the rule decides again\n  gold_members: left\n")


def test_a_pin_needs_a_side_and_a_reason(run):
    assert run("segments", "pin", "gold_members", "0" * 32, "--reason", "x", "-r", "eu")[0] == 2
    assert run("segments", "pin", "gold_members", "0" * 32, "--in", "-r", "eu")[0] == 2
    assert run("segments", "pin", "gold_members", "0" * 32, "--in", "--reason", "x", "-r", "eu")[0] == 1


def test_schemas_are_written_where_the_first_line_of_a_file_points(run, settings):
    code, said, _ = run("schema", "--write")

    assert (code, "schemas in" in said) == (0, True)
    written = json.loads((settings.config / ".schema" / "segment.json").read_text())
    assert json.loads(run("schema", "segment")[1]) == written
    assert run("schema")[0] == 2


def test_every_segment_is_counted_by_another_engine_with_the_same_members(run, hub):
    code, said, _ = run("segments", "refresh", "--engine", "duckdb", "-r", "eu")

    assert code == 0
    assert said.splitlines() == [
        f"{name}: 0 entered, 0 left" for name in ("gold_members", "lapsed_regulars", "regulars")
    ]


def test_an_engine_that_nobody_knows_or_that_is_not_installed_is_told(run, monkeypatch):
    monkeypatch.setitem(ENGINES, "spark", ("no_such_package",))

    code, _, told = run("segments", "refresh", "--engine", "sparkle", "-r", "eu")
    assert code == 2
    assert "'sql', 'duckdb', 'spark'" in told
    code, _, told = run("segments", "refresh", "--engine", "spark", "-r", "eu")
    assert code == 1
    assert told.startswith("The engine spark needs no_such_package, not installed here. Install the hub's extra")
