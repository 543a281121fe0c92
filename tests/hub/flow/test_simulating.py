"""A simulation goes the way that life went, writes nothing, and knows of each moment only what was known then."""

import json
from collections import Counter
from contextlib import nullcontext
from datetime import timedelta

from click.testing import CliRunner
from sqlalchemy import func, select

from hub.cli.journeys import journeys as commands
from hub.flow import waking
from hub.flow.back_then import MADE, as_today, histories
from hub.flow.simulating import one_person, simulate
from hub.models import Base, Customer, Profile, StepLog, table
from rules.dependencies import Reads
from walking import PLAIN, applied, happens, rows, ways

KINDS = ("visit", "complaint", "survey", "no_show", "booking_made")


def lived(hub, clock):
    """A few weeks of six customers, with the clock ticking every day."""
    told = {1: ["complaint"], 3: ["complaint", "survey"], 9: ["visit"], 12: ["complaint"], 13: ["visit"]}
    for day in range(20):
        for number, kind in enumerate(told.get(day, ())):
            happens(hub, f"C-{day % 4}{number}", kind)
        clock.pass_by(days=1)
        waking.tick(hub)


def test_the_same_history_is_played_as_it_was_lived(hub, noting, clock):
    rule, _ = applied(hub)
    lived(hub, clock)

    found = simulate(hub, rule, months=1)

    really = Counter((one.node, one.outcome) for one in rows(hub, StepLog, StepLog.seq))
    assert found.log == really
    assert sum(found.entries.values()) == len(ways(hub)) >= 3
    assert found.sends.total() == really["hello", "put"]
    assert sum(found.here.values()) == sum(way.state == "waiting" for way in ways(hub))


def test_nothing_is_sent_and_nothing_written(hub, noting, clock):
    rule, _ = applied(hub)
    lived(hub, clock)

    def all_rows():
        with hub.look() as session:
            tables = {table(one.class_) for one in Base.registry.mappers}
            return {one.name: session.scalar(select(func.count()).select_from(one)) for one in tables}

    before = all_rows()
    simulate(hub, rule, months=1)

    assert all_rows() == before


def test_a_full_day_is_counted_and_nobody_is_lost(hub, noting, clock):
    capped = PLAIN.replace(
        "enter: {event: {kind: complaint}}", "enter: {event: {kind: complaint}, at_most: {a_day: 2}}"
    )
    rule, _ = applied(hub, capped)
    for number in range(5):
        happens(hub, f"C-{number}", "complaint")
    clock.pass_by(days=4)

    found = simulate(hub, rule, months=1)

    assert sorted(found.entries.values()) == [1, 2, 2]
    assert len(found.full_days) == 2
    assert found.turned_away == 3 + 1


def test_what_was_known_at_the_end_is_what_is_known_now_and_of_earlier_moments_less(hub, noting, clock):
    for day in range(4):
        for kind in KINDS:
            happens(hub, "C-1", kind, clock() - timedelta(days=40 - 10 * day))
    with hub.look() as session:
        one = session.scalars(select(Customer.id)).one()
        reads = Reads(events=frozenset(KINDS), facts=frozenset(MADE), vehicles=True)
        history = histories(session, hub.book.catalogue, [one], reads, "Europe/Berlin")[one]
        stored = session.execute(select(table(Profile))).mappings().one()
        columns = {name: hub.book.catalogue.facts[name].column for name in MADE if name in hub.book.catalogue.facts}
    now, then = history.at(clock()), history.at(clock() - timedelta(days=25))

    for name in (
        "visits.count",
        "visits.first_on",
        "visits.last_on",
        "complaints.count",
        "vehicles.count",
        "survey.nps_last_on",
    ):
        assert now.fact(name) == stored[columns[name]], name
    assert (then.fact("visits.count"), then.fact("complaints.count")) == (2, 2)
    assert then.fact("visits.last_on") < now.fact("visits.last_on")
    assert as_today({"loyalty.points", "visits.count"}) == ["loyalty.points"]


def test_one_person_is_told_step_by_step_and_a_made_up_one_needs_no_customer(hub, noting, clock, monkeypatch, tmp_path):
    rule, _ = applied(hub)
    lived(hub, clock)
    ref = rows(hub, Customer, Customer.id)[0].ref
    steps = [(row.node, row.outcome) for row in one_person(hub, rule, ref, months=1).rows]
    assert steps[:2] == [("hello", "put"), ("pause", "over")]

    folder = hub.settings.config / "journeys"
    folder.mkdir(exist_ok=True)
    (folder / "checked.yaml").write_text(PLAIN)
    made_up = tmp_path / "somebody.yaml"
    made_up.write_text("from: 2026-03-01\nwhen: [{kind: complaint, on: 2026-03-02}, {kind: survey, on: 2026-03-04}]\n")
    monkeypatch.setattr("hub.cli.simulating.opened", lambda region: nullcontext(hub))
    told = CliRunner().invoke(commands, ["simulate", "checked", "--fixture", str(made_up), "--json"])
    assert told.exit_code == 0, told.output
    assert [(one["step"], one["outcome"]) for one in json.loads(told.output)["steps"]] == [
        ("hello", "put"),
        ("pause", "goal"),
    ]

    made_up.write_text("from: 2026-03-01\nwhen: [{kind: complain, on: 2026-03-02}]\n")
    wrong = CliRunner().invoke(commands, ["simulate", "checked", "--fixture", str(made_up)])
    assert "somebody.yaml:2" in str(wrong.exception)

    all_of_them = CliRunner().invoke(commands, ["simulate", "checked", "--last", "1mo"])
    assert "nothing was sent" in all_of_them.output
    assert "came in" in all_of_them.output
