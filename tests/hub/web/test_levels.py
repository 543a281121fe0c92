"""Service levels: the contract with its verdicts, and timers that warn and break at the moment it happened."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from fleeting import AUDI, FORD
from hub import clock as moving
from hub.flow import breaches, customers, timers
from hub.flow.timers import Told
from hub.models import Event, Fleet, Message, Timer, TimerMark, Vehicle
from hub.sdk import CustomerKey, EventRecord, VehicleRecord, VisitRecord
from partners import drain_all

TURNAROUND = {
    "measure": "turnaround",
    "minutes": 480,
    "calendar": "workshop_eu",
    "credit_minor": 5000,
    "currency": "EUR",
}
DOWNTIME = {"measure": "downtime", "minutes": 1440, "calendar": "always"}
OPENED = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)  # Thursday, 8:00 in Berlin, the day after the test's now


@pytest.fixture
def audi(acme, hub):
    """A vehicle under contract."""
    acme.send([{"vin": AUDI, "since": "2026-01-01"}])
    with hub.look() as session:
        return session.scalars(select(Vehicle.id)).one()


def put(acme, *levels):
    return acme.call("PUT", f"/fleets/{acme.fleet}/service-levels", {"levels": list(levels)})


def verdicts(answer):
    return [(row["measure"], row["verdict"]) for row in answer.get_json()["items"]]


def tell(hub, *told):
    with hub.begin() as work:
        timers.note(hub, work, [Told(*one) for one in told])


def marks(hub):
    with hub.look() as session:
        rows = session.execute(
            select(TimerMark.percent, TimerMark.at)
            .where(TimerMark.withdrawn_at.is_(None))
            .order_by(TimerMark.percent, TimerMark.at)
        )
        return [tuple(row) for row in rows]


def set_clock(clock, at):
    clock.now = at


def test_a_contract_is_set_changed_and_ended_with_a_verdict_per_row(acme):
    assert verdicts(put(acme, TURNAROUND, DOWNTIME)) == [("turnaround", "set"), ("downtime", "set")]
    assert verdicts(put(acme, TURNAROUND, DOWNTIME)) == [("turnaround", "unchanged"), ("downtime", "unchanged")]
    assert verdicts(put(acme, {**TURNAROUND, "minutes": 600})) == [("turnaround", "set"), ("downtime", "ended")]
    assert acme.call("GET", "/fleets/acme/service-levels").get_json()["levels"] == [{**TURNAROUND, "minutes": 600}]


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({**DOWNTIME, "calendar": "nowhere"}, "calendar"),
        ({**TURNAROUND}, "twice"),
        ({**DOWNTIME, "credit_minor": 5}, "currency"),
    ],
)
def test_one_wrong_row_and_nothing_of_the_contract_is_set(acme, row, word):
    answer = put(acme, TURNAROUND, row)

    good, wrong = answer.get_json()["items"]
    assert (good["verdict"], wrong["verdict"]) == ("not_set", "rejected")
    assert word in wrong["reason"]
    assert acme.call("GET", "/fleets/acme/service-levels").get_json()["levels"] == []


@pytest.mark.parametrize(
    "change", [{"minutes": 0}, {"minutes": 1.5}, {"measure": "speed"}, {"currency": "euro"}, {"credit_minor": 10**400}]
)
def test_a_row_that_makes_no_sense_is_a_problem(acme, change):
    body = json.dumps({"levels": [{**TURNAROUND, **change}]})
    answer = acme.client.put(
        "/api/v1/fleets/acme/service-levels", data=body, headers={**acme.headers, "Content-Type": "application/json"}
    )

    assert answer.status_code == 422


def test_warnings_come_at_their_moment_and_the_breach_is_credited(acme, hub, clock, audi):
    put(acme, TURNAROUND)
    set_clock(clock, OPENED)
    tell(hub, ("visit_opened", audi, b"v1", OPENED))

    set_clock(clock, OPENED + timedelta(hours=4, minutes=10))  # lunch began at noon
    moving.tick(hub)
    assert marks(hub) == [(50, OPENED + timedelta(hours=4))]
    set_clock(clock, OPENED + timedelta(days=9))  # nobody looked for a while
    moving.tick(hub)

    assert [percent for percent, _ in marks(hub)] == [50, 75, 90, 100]
    assert marks(hub)[3][1] == OPENED + timedelta(hours=8, minutes=45)
    digest = acme.call(
        "GET", "/fleets/acme/digest", since=OPENED.isoformat(), until=(OPENED + timedelta(days=2)).isoformat()
    ).get_json()
    assert (digest["breached"], digest["credits_minor"]) == ({"turnaround": 1}, {"EUR": 5000})


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"])
def test_a_span_in_years_that_no_garage_has_seen_is_refused(acme, since):
    assert acme.call("GET", "/fleets/acme/digest", since=since).status_code == 422
    assert acme.call("GET", "/fleets/acme/digest", until=since).status_code == 422


def test_what_was_finished_in_time_and_told_late_takes_the_breach_back(acme, hub, clock, audi):
    put(acme, TURNAROUND)
    set_clock(clock, OPENED + timedelta(days=1))
    tell(hub, ("visit_opened", audi, b"v1", OPENED))
    assert len(marks(hub)) == 4

    tell(hub, ("visit_closed", audi, b"v1", OPENED + timedelta(hours=5)))

    assert [percent for percent, _ in marks(hub)] == [50]
    with hub.look() as session:
        assert session.scalars(select(Timer.state)).one() == "stopped"


def test_events_in_any_order_and_again_come_to_the_same(acme, hub, clock, audi):
    put(acme, TURNAROUND, DOWNTIME)
    set_clock(clock, OPENED + timedelta(days=4))
    opened = ("visit_opened", audi, b"v1", OPENED)
    waits = ("waits_for_customer", audi, b"v1", OPENED + timedelta(hours=1))
    goes_on = ("work_goes_on", audi, b"v1", OPENED + timedelta(days=1))
    closed = ("visit_closed", audi, b"v1", OPENED + timedelta(days=1, hours=2))

    tell(hub, opened, closed, goes_on, waits, waits, opened)

    with hub.look() as session:
        spent = dict(session.execute(select(Timer.measure, Timer.spent_seconds)).all())
    assert spent == {"turnaround": 3 * 3600, "downtime": 26 * 3600}
    assert [percent for percent, at in marks(hub) if at < OPENED + timedelta(days=2)] == [50, 75, 90, 100]


def test_a_vehicle_without_a_contract_and_a_visit_before_it_have_no_timer(acme, hub, clock, audi):
    put(acme, TURNAROUND)
    with hub.look() as session:
        before = session.scalars(select(Fleet.made_at)).one() - timedelta(days=30)
    tell(hub, ("visit_opened", audi, b"v1", before), ("visit_opened", 999, b"v2", clock()))

    with hub.look() as session:
        assert session.scalars(select(Timer)).all() == []


def test_the_fleet_sees_where_its_vehicles_stand(acme, hub, clock, audi):
    put(acme, DOWNTIME)
    set_clock(clock, OPENED)
    tell(hub, ("visit_opened", audi, b"v1", OPENED))
    set_clock(clock, OPENED + timedelta(hours=6))

    (item,) = acme.call("GET", "/fleets/acme/timers").get_json()["items"]

    assert (item["measure"], item["state"], item["spent_minutes"], item["limit_minutes"]) == (
        "downtime",
        "running",
        360,
        1440,
    )
    assert datetime.fromisoformat(item["next_mark_at"]) == OPENED + timedelta(hours=12)


def test_visits_of_the_shop_start_and_stop_timers(acme, hub, clock):
    key = CustomerKey(partner_id="c1")
    partner = hub.partner("club")

    def told(*records):
        with hub.begin() as work:
            customers.fold(hub, work, partner, list(records))

    told(VehicleRecord(customer=key, partner_id="car", vin=FORD))
    acme.send([{"vin": FORD, "since": "2026-01-01"}])
    put(acme, TURNAROUND, {"measure": "pick_up", "minutes": 30, "calendar": "always"})
    set_clock(clock, OPENED + timedelta(hours=3))
    visit = {"customer": key, "key": "V1", "opened_at": OPENED, "vehicle_partner_id": "car"}
    told(VisitRecord(**visit, at=OPENED, version=1))
    told(
        EventRecord(
            customer=key,
            kind="pick_up_requested",
            key="p1",
            at=OPENED,
            zone="Europe/Berlin",
            vehicle_partner_id="car",
            attributes={"visit": "V1"},
        )
    )
    told(VisitRecord(**visit, at=OPENED, version=2, closed_at=OPENED + timedelta(hours=2)))

    with hub.look() as session:
        found = {
            measure: (state, spent)
            for measure, state, spent in session.execute(select(Timer.measure, Timer.state, Timer.spent_seconds))
        }
    assert found["turnaround"] == ("stopped", 7200)
    assert found["pick_up"][0] == "running"


def test_a_fleet_hears_of_warnings_and_breaches_by_webhook(acme, hub, clock, audi, receiver):
    put(acme, DOWNTIME)
    acme.call("POST", "/webhooks/endpoints", {"url": receiver.url(), "events": ["timer.breached", "timer.withdrawn"]})
    set_clock(clock, OPENED + timedelta(days=2))
    tell(hub, ("visit_opened", audi, b"v1", OPENED))
    tell(hub, ("visit_closed", audi, b"v1", OPENED + timedelta(hours=1)))
    with hub.look() as session:
        assert session.scalars(select(Message.topic)).all()[0] == "partner_event"
    clock.pass_by(seconds=5)

    drain_all(hub)

    said = [(body["type"], body["data"]["percent"]) for body in receiver.bodies()]
    assert said[0] == ("timer.breached", 100)
    assert ("timer.withdrawn", 100) in said
    assert receiver.bodies()[0]["data"]["at"] == (OPENED + timedelta(days=1)).isoformat()


def test_a_breach_happens_to_whoever_brought_the_car_once_and_is_about_the_fleet(acme, hub, clock):
    key = CustomerKey(partner_id="c1")

    def told(record):
        with hub.begin() as work:
            customers.fold(hub, work, hub.partner("club"), [record])

    told(VehicleRecord(customer=key, partner_id="car", vin=FORD))
    acme.send([{"vin": FORD, "since": "2026-01-01"}])
    put(acme, TURNAROUND)
    set_clock(clock, OPENED + timedelta(minutes=5))
    told(VisitRecord(customer=key, key="V1", opened_at=OPENED, vehicle_partner_id="car", at=OPENED, version=1))
    set_clock(clock, OPENED + timedelta(hours=9))
    timers.tick(hub)
    assert [percent for percent, _ in marks(hub)] == [50, 75, 90, 100]

    assert (breaches.tell(hub), breaches.tell(hub)) == (1, 0)

    with hub.look() as session:
        event = session.scalars(select(Event).where(Event.kind == "level_missed")).one()
        fleet = session.scalars(select(Fleet.id)).one()
    assert (event.about_id, event.attributes["measure"]) == (fleet, "turnaround")
    assert event.at_utc == OPENED + timedelta(hours=8, minutes=45)
