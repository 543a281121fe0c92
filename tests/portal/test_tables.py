"""Lists as tables: whole whatever their length, filtered as the page is, held a page at a time, and ended with the reader."""

import csv
import io
import tracemalloc

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from desks import Traffic, Visitor
from disputing import a_dispute
from hub.core import Hub
from hub.models import AuditEntry, Customer, Event
from mine import an_owner
from portal import tables
from proposing import a_journey_from_the_desk


@pytest.fixture
def marketer(app: Flask, hub: Hub, traffic: Traffic) -> Visitor:
    return Visitor(app).sign_in(hub, "marketer")


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_table_is_what_its_page_lists_across_all_pages(
    marketer: Visitor, hub: Hub, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "PAGE", 3)
    a_journey_from_the_desk(hub)

    head, *people = rows(marketer.get("/desk/journeys/thanks/people.csv").text)
    none = rows(marketer.get("/desk/journeys/thanks/people.csv?state=done").text)
    _, *members = rows(marketer.get("/desk/segments/gold_tier/people.csv").text)

    assert head == ["customer", "state", "step", "reason", "since"]
    assert len({ref for ref, *_ in people}) == len(people) == 5
    assert none == [head]
    assert {ref for ref, *_ in members} <= set(traffic.customers)
    assert len(members) == 8


def test_what_was_given_up_is_a_table_with_the_pages_filter(
    operator: Visitor, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "PAGE", 2)

    head, *every = rows(operator.get("/desk/messages/list.csv?state=dead").text)
    _, *refused = rows(operator.get("/desk/messages/list.csv?state=dead&kind=refused").text)

    assert head[:4] == ["id", "connection", "way", "kind"]
    assert {int(row[0]) for row in every} == {one for letters in traffic.letters.values() for one in letters}
    assert {int(row[0]) for row in refused} == set(traffic.letters["refused"])


def test_ten_times_the_rows_are_sent_in_the_same_room(app: Flask, hub: Hub) -> None:
    """So a million need no more than a few pages do."""
    few, many = _peak(app, hub, 5 * tables.PAGE), _peak(app, hub, 50 * tables.PAGE)

    assert many < 1.2 * few


def _peak(app: Flask, hub: Hub, rows: int) -> int:
    """Bytes held at the most while so many are sent."""

    def read(_: Session, place: int | None, most: int) -> list[tuple[int, tuple[str, int]]]:
        first = (place or 0) + 1
        return [(number, ("customer", number)) for number in range(first, min(first + most, rows + 1))]

    with app.test_request_context():
        answer = tables.table(hub, "all", ("what", "number"), read)
        tracemalloc.start()
        assert sum(1 for _ in answer.response) == rows + 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def test_whoever_hangs_up_ends_the_reading(app: Flask, hub: Hub, traffic: Traffic) -> None:
    asked = []

    def read(session: Session, place: int | None, most: int) -> list[tuple[int, tuple[str]]]:
        asked.append(place)
        session.scalar(select(Customer.id))
        return [((place or 0) + n, ("x",)) for n in range(most)]  # without end

    with app.test_request_context():
        answer = tables.table(hub, "all", ("what",), read)
        sent = iter(answer.response)
        for _ in range(tables.PAGE + 2):
            next(sent)
        answer.close()

    assert len(asked) == 2
    assert next(sent, None) is None
    assert hub.region.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of a QueuePool


def test_the_history_of_a_customer_is_a_table_and_that_it_was_taken_is_written_down(
    app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "PAGE", 2)
    owner, advisor = an_owner(hub), Visitor(app).sign_in(hub, "advisor")
    with hub.look() as session:
        mine = (Event.customer_id == owner.customer_id, Event.withdrawn_at.is_(None))
        told = session.scalars(select(Event.id).where(*mine).order_by(Event.at_utc.desc(), Event.id.desc())).all()

    head, *happened = rows(advisor.get(f"/desk/customers/{owner.ref}/history.csv").text)

    assert head[:4] == ["event", "kind", "at", "day"]
    assert [int(row[0]) for row in happened] == list(told)
    with hub.look() as session:
        seen = session.scalars(select(AuditEntry).where(AuditEntry.action == "customer_seen")).one()
    assert (seen.about_id, seen.detail) == (owner.customer_id, {"page": "history_table"})


def test_conflicts_staff_and_changes_are_tables_and_no_name_is_a_formula(
    app: Flask, hub: Hub, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "PAGE", 1)
    a_journey_from_the_desk(hub)
    found = [a_dispute(hub, "hubspot_eu", one) for one in traffic.customer_ids[:3]]
    Visitor(app).sign_in(hub, "advisor", title="=cmd|' /C calc'!A0")
    admin = Visitor(app).sign_in(hub, "admin", title="Ina")

    _, *disputed = rows(admin.get("/desk/connectors/hubspot_eu/conflicts.csv").text)
    _, *staff = rows(admin.get("/desk/sessions/list.csv").text)
    head, *changed = rows(admin.get("/desk/configuration/changes.csv").text)

    assert [int(row[0]) for row in disputed] == sorted(found, reverse=True)
    assert not {"Weg 1", "Weg 2", "Weg 3"} & {value for row in disputed for value in row}
    assert {row[1] for row in staff} >= {"'=cmd|' /C calc'!A0", "Ina"}
    assert head == ["at", "action", "name", "by"]
    assert changed
    with hub.look() as session:
        taken = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("%_table_taken"))).all()
    assert set(taken) == {"staff_table_taken", "changes_table_taken"}
