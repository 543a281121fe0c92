"""What a garage's customers have with it, at their CRM: vehicles, visits and fleets are told, linked, corrected and taken away."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from compliance import policies
from connectors.hubspot import associations
from hub.flow import alongside, assigned, belongings, effects, fleets, pipeline, reconcile
from hub.flow.customers import fold
from hub.flow.outbox import Intent
from hub.models import Assignment, Customer, DeadLetter, Membership, Message, Principal, Vehicle, new_ref
from hub.sdk import CustomerKey, CustomerRecord, VehicleRecord
from hubspots import the_mapping
from mine import visit
from office import keep_in_step
from scanning import whole_reads

KEY = CustomerKey(partner_id="C-17", customer_number="C-17")
ANNA = CustomerRecord(customer=KEY, name="Anna Berg", email="anna@example.org")
GOLF = VehicleRecord(
    customer=KEY, partner_id="C-17-1", make="VW", model="Golf", vin="WVWZZZ1KZAW000001", plate="B TH 4172", fuel="petrol",
    owned_since=date(2023, 1, 2),
)  # fmt: skip
SERVICE = replace(visit(KEY, "V-1", "2026-02-03", 41_000, "srv-l", 10_890), branch=None)


def tell(hub, *records):
    """The garage's own system tells; all that follows is put."""
    with hub.begin() as work:
        folded = fold(
            hub,
            work,
            hub.partners["shop"],
            [replace(one, at=work.now) if hasattr(one, "at") else one for one in records],
        )
        pipeline.follow(hub, work, folded.touched, folded.intents)


def join(hub):
    """Anna enters a segment that the CRM hears of, so that she is there."""
    with hub.begin() as work:
        one = work.session.scalars(select(Customer)).one()
        intent = Intent("segment_entered", one.ref, "entered:a", {"customer_id": one.id, "segment": "a"})
        alongside.make_known(hub, work, [(one.id, intent)])
        effects.announce(hub, work, [(one.id, intent)])


def assign_to_a_fleet(hub):
    with hub.begin() as work:
        principal = work.add(Principal(ref=new_ref(), title="fleet", person_id=None, made_at=work.now, ended_at=None))
        fleet = fleets.make_fleet(hub, work, "nord", "Nord Logistik", principal.id)
        car = work.session.scalars(select(Vehicle)).one()
        work.add(
            Assignment(fleet_id=fleet.id, vehicle_id=car.id, driver_id=None, number_hash=b"1", since=date(2026, 1, 1),
                       until=None, open_ended=True, recorded_at=work.now, superseded_at=None, job_id=None)
        )  # fmt: skip


@pytest.fixture
def told(portal, hub):
    """Anna is at HubSpot with her car, her visit and the fleet that the car belongs to."""
    tell(hub, ANNA, GOLF, SERVICE)
    assign_to_a_fleet(hub)
    join(hub)
    portal.work(rounds=5)
    return portal


def there(portal, kind):
    return [one for one in portal.act(lambda books: list(books.all(kind))) if not one["archived"]]


def only(portal, kind):
    (one,) = there(portal, kind)
    return one


def effects_of(portal):
    return [(topic, entity, value) for _, _, _, topic, entity, value in portal.crm.log.rows()]


def rows(hub, model):
    with hub.look() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def of_the_crm(hub):
    return [one for one in rows(hub, Message) if one.connection_id == hub.partners["crm"].id]


def test_a_car_a_visit_and_a_fleet_stand_beside_their_contact_each_after_what_it_is_linked_to(told, hub):
    car, deal, company, anna = (only(told, kind) for kind in ("vehicles", "deals", "companies", "contacts"))
    said = {"vin": "WVWZZZ1KZAW000001", "plate": "B TH 4172", "make": "VW", "model": "Golf", "odometer_km": "41000"}
    assert said.items() <= car["properties"].items()
    assert (deal["properties"]["dealname"], deal["properties"]["dealstage"]) == ("Service, 2026-02-03", "closedwon")
    assert (deal["properties"]["amount"], company["properties"]["name"]) == ("170.90", "Nord Logistik")

    links = {(ref, value) for topic, ref, value in effects_of(told) if topic == "associated"}
    refs = {name: one["properties"]["garage_ref"] for name, one in (("car", car), ("deal", deal), ("firm", company))}
    assert links == {
        (refs["firm"], f"contacts:{anna['id']}"), (refs["car"], f"contacts:{anna['id']}"),
        (refs["car"], f"companies:{company['id']}"), (refs["deal"], f"contacts:{anna['id']}"),
        (refs["deal"], f"vehicles:{car['id']}"),
    }  # fmt: skip
    assert not rows(hub, DeadLetter)
    assert {one.state for one in of_the_crm(hub)} == {"sent"}


def test_what_was_told_is_not_told_again_and_a_change_tells_what_changed(told, hub):
    before, messages = effects_of(told), len(rows(hub, Message))
    told.work(rounds=4)
    tell(hub, GOLF)
    told.work()
    assert (effects_of(told), len(rows(hub, Message))) == (before, messages)

    tell(hub, replace(GOLF, plate="B TH 1"), replace(SERVICE, version=2, lines=SERVICE.lines[:1]))
    told.work()
    news = [(topic, value) for topic, _, value in effects_of(told)[len(before) :]]
    assert sorted(news) == [("fields", "amount"), ("fields", "plate")]
    assert (only(told, "deals")["properties"]["amount"], only(told, "vehicles")["properties"]["plate"]) == (
        "108.90",
        "B TH 1",
    )


def test_a_cancelled_visit_and_a_sold_car_are_taken_away_and_come_back_when_they_are_there_again(told, hub):
    tell(hub, replace(SERVICE, version=2, cancelled=True), replace(GOLF, owned_until=told.clock().date()))
    told.work(rounds=4)
    assert (there(told, "deals"), there(told, "vehicles"), len(there(told, "contacts"))) == ([], [], 1)

    tell(hub, replace(SERVICE, version=3), replace(GOLF, owned_since=told.clock().date() + timedelta(days=1)))
    told.clock.pass_by(seconds=86_400)
    told.work(rounds=5)
    assert only(told, "deals")["properties"]["amount"] == "170.90"
    assert {one.state for one in of_the_crm(hub)} <= {"sent", "cancelled"}


def test_what_people_there_change_is_told_again_and_what_they_delete_rests(told, hub):
    deal, car = only(told, "deals"), only(told, "vehicles")
    told.act(lambda books: books.update("deals", books.alive("deals", deal["id"]), {"amount": "1.00", "pipeline": "x"}))
    told.act(lambda books: books.archive("vehicles", car["id"]))
    told.work()
    assert only(told, "deals")["properties"].items() >= {"amount": "170.90", "pipeline": "x"}.items()

    tell(hub, replace(GOLF, plate="B TH 9"))
    told.work()
    assert there(told, "vehicles") == []


def test_what_a_fleet_alone_tells_moves_the_car_and_its_driver_at_the_crm(portal, hub, acme):
    """No customer changes with a file of a fleet, and yet the company, the car and the driver stand otherwise than before."""
    tell(hub, ANNA, GOLF)
    join(hub)
    portal.work(rounds=4)
    assert there(portal, "companies") == []

    assert acme.told([{"vin": GOLF.vin, "since": "2026-01-01", "assignment": "a"}]) == [(1, "added")]
    portal.work(rounds=4)
    company, car, anna = (only(portal, kind) for kind in ("companies", "vehicles", "contacts"))
    firm, golf = (one["properties"]["garage_ref"] for one in (company, car))
    links = {(ref, value) for topic, ref, value in effects_of(portal) if topic == "associated"}
    assert links >= {(firm, f"contacts:{anna['id']}"), (golf, f"companies:{company['id']}")}

    acme.client.put("/api/v1/fleets/acme", json={"title": "Acme Süd"}, headers=acme.headers)
    portal.work(rounds=3)
    assert only(portal, "companies")["properties"]["name"] == "Acme Süd"

    before = effects_of(portal)
    acme.told([{"vin": GOLF.vin, "since": "2026-01-01", "assignment": "a"}])
    portal.work(rounds=3)
    assert effects_of(portal) == before

    acme.told([{"vin": GOLF.vin, "since": "2026-01-01", "assignment": "a", "state": "withdrawn"}])
    portal.work(rounds=4)
    assert there(portal, "companies") == []
    assert reconcile.compare(hub, hub.partners["crm"]).clean


def test_a_car_comes_to_a_fleet_and_leaves_it_by_the_day_alone(portal, hub, acme, clock):
    """The file told of it long before; on the day itself nobody tells anything."""
    tell(hub, ANNA, GOLF)
    join(hub)
    portal.work(rounds=4)
    today = hub.clock().date()
    days = [today + timedelta(days=3), today + timedelta(days=10)]
    since, until = (day.isoformat() for day in days)
    acme.told([{"vin": GOLF.vin, "since": since, "until": until, "assignment": "a"}])
    portal.work(rounds=3)
    assert (assigned.tell(hub), there(portal, "companies")) == (0, [])

    clock.pass_by(days=5)  # the hub stood still on the day itself
    assert assigned.tell(hub) == 1
    portal.work(rounds=4)
    assert [one["properties"]["name"] for one in there(portal, "companies")] == ["acme"]
    told = effects_of(portal)
    assert assigned.tell(hub) == 0
    portal.work(rounds=2)
    assert effects_of(portal) == told

    clock.pass_by(days=6)
    assert assigned.tell(hub) == 1
    portal.work(rounds=4)
    assert there(portal, "companies") == []
    assert reconcile.compare(hub, hub.partners["crm"]).clean


def test_things_of_somebody_whom_the_partner_does_not_have_are_not_told(portal, hub):
    tell(hub, ANNA, GOLF, SERVICE)
    portal.work()
    assert (there(portal, "vehicles"), there(portal, "deals"), rows(hub, Message)) == ([], [], [])


def test_who_is_forgotten_leaves_no_car_behind_and_its_numbers_are_emptied_before(told, hub):
    with hub.begin() as work:
        anna = work.session.scalars(select(Customer)).one()
        assert belongings.forget(hub, work, effects.load_subjects(work, [anna.id])[anna.id], "erase:r1") == 2
    told.work(rounds=4)

    gone = told.act(lambda books: [one for kind in ("vehicles", "deals") for one in books.all(kind)])
    assert [
        (one["archived"], one["properties"].get("vin", ""), one["properties"].get("plate", "")) for one in gone
    ] == [
        (True, "", ""),
        (True, "", ""),
    ]


def test_who_enters_and_leaves_a_segment_moves_on_the_list_that_the_mapping_names(told, hub):
    told.act(lambda books: associations.make_list(books, "77"))
    keep_in_step(hub, hub.partners["crm"].connector, replace(the_mapping(), members={"due_soon": "77", "lapsed": "78"}))
    for motion in ("entered", "left"):
        with hub.begin() as work:
            one = work.session.scalars(select(Customer)).one()
            if motion == "entered":
                work.add(
                    Membership(
                        customer_id=one.id, segment="due_soon", rule_hash="r", entered_at=work.now, cause="event"
                    )
                )
            else:
                work.session.scalars(select(Membership)).one().left_at = work.now
            refs = {"customer_id": one.id, "segment": "due_soon"}
            effects.announce(hub, work, [(one.id, Intent(f"segment_{motion}", one.ref, f"{motion}:1", refs))])
        told.work()
    moves = [(topic, value) for topic, _, value in effects_of(told) if topic.endswith("listed")]
    assert moves == [("enlisted", "77"), ("delisted", "77")]
    assert not rows(hub, DeadLetter)


def test_what_nobody_told_of_is_found_by_a_comparison_and_mended(told, hub):
    crm, deal, firm = hub.partners["crm"], only(told, "deals"), only(told, "companies")
    assert reconcile.compare(hub, crm).clean

    told.lost = 1.0
    told.act(lambda books: books.update("deals", books.alive("deals", deal["id"]), {"amount": "1.00"}))
    told.act(lambda books: books.archive("companies", firm["id"]))
    with hub.begin() as work:  # a history that was poured in past the notices
        fold(hub, work, hub.partners["shop"], [replace(SERVICE, key="V-2", at=work.now)])
    told.work()
    report = reconcile.compare(hub, crm)
    found = {(one.kind, one.found, one.fields) for one in report.findings}
    assert found == {("deal", "differing", ("amount",)), ("deal", "missing_there", ()), ("company", "erased", ())}

    assert reconcile.apply(hub, crm, report) == 3
    told.work(rounds=4)
    assert reconcile.compare(hub, crm).clean
    assert {one["properties"]["amount"] for one in there(told, "deals")} == {"170.90"}
    assert len(there(told, "deals")) == 2


def test_a_policy_is_planned_on_cars_and_visits_as_on_whose_they_are(told, hub):
    without = policies.proposed(hub, [], ["crm_sync"])

    found = policies.plan(hub, without, 30)

    told_of = [row for row in rows(hub, Message) if "thing_id" in row.refs]
    assert (len(told_of) > 0, found.left_out, found.judged) == (True, 0, len(rows(hub, Message)))
    assert sum(one.times for one in found.differences if one.facts["topic"] == "set_fields") >= len(told_of)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_change_of_a_car_reads_no_table_whole_on_its_way_out_and_nothing_else_that_the_crm_has(told, hub):
    with whole_reads(hub, parts=True) as found:
        tell(hub, replace(GOLF, plate="B TH 4173"), replace(SERVICE, odometer_km=42_000))
        told.work(rounds=5)

    assert sorted(found) == []
