"""What the shop tells becomes rows that follow its latest word, and events that follow the rows."""

from datetime import date

import pytest
from sqlalchemy import select

from hub.errors import WrongInput
from hub.flow.values import open_text
from hub.models import Inspection, Invoice, Line, Ownership, Person, Recommendation, Vehicle, Visit
from hub.sdk import (
    CustomerKey,
    FindingRecord,
    InspectionRecord,
    InvoiceRecord,
    LineRecord,
    RecommendationRecord,
    VehicleRecord,
    VisitRecord,
)
from shops import BERLIN, KEY, at, folded, profile, standing

OIL = LineRecord(code="oil_change", price_minor=12900, cost_minor=4100, title="Ölwechsel für Anna")


def a_visit(version=1, day="2026-03-02", lines=(OIL,), **more):
    given = {"key": "V-1", "opened_at": at(day, 7), "closed_at": at(day, 16), "currency": "EUR", "branch": BERLIN.code}
    return VisitRecord(customer=KEY, at=at(day, 17), version=version, lines=lines, **{**given, **more})


def advice(state="open", version=1, **more):
    given = {"key": "A-1", "code": "brake_pads", "made_at": at("2026-03-02", 9), "vehicle_partner_id": "F-9"}
    decided = None if state == "open" else at("2026-03-02", 15)
    return RecommendationRecord(
        customer=KEY, at=at("2026-03-02", 15), version=version, state=state, decided_at=decided, **{**given, **more}
    )


def rows(hub, model):
    with hub.look() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def test_a_closed_visit_is_a_visit_with_its_lines_and_its_sum(hub):
    credit = LineRecord(code="goodwill", kind="credit", price_minor=-900)

    folded(hub, BERLIN, a_visit(lines=(OIL, credit), odometer_km=84210, vehicle_partner_id="F-9"))

    (visit,), (event,) = rows(hub, Visit), standing(hub)
    assert (visit.status, visit.amount_minor, visit.local_day) == ("closed", 12000, date(2026, 3, 2))
    assert (event.kind, event.amount_minor, event.currency, event.about_id) == ("visit", 12000, "EUR", visit.id)
    assert event.vehicle_id == visit.vehicle_id is not None
    assert event.attributes == {"items": 2, "odometer": 84210, "branch": "berlin-mitte", "reason": "service"}
    assert [line.price_minor for line in rows(hub, Line)] == [12900, -900]


def test_a_visit_counts_once_the_car_is_handed_back(hub):
    folded(hub, BERLIN, a_visit(closed_at=None))
    assert standing(hub) == []

    folded(hub, a_visit(version=2))
    assert [event.kind for event in standing(hub)] == ["visit"]


def test_a_correction_takes_the_place_of_what_was_told_before(hub):
    folded(hub, BERLIN, a_visit())

    done = folded(hub, a_visit(version=2, lines=(LineRecord(code="oil_change", price_minor=9900),)))

    assert (done.new, done.repeats) == (1, 0)
    assert [event.amount_minor for event in standing(hub)] == [9900]
    assert [(line.price_minor, line.withdrawn_at is None) for line in rows(hub, Line)] == [(12900, False), (9900, True)]
    assert profile(hub).spend_total_minor == 9900


def test_an_old_word_that_comes_late_changes_nothing(hub):
    folded(hub, BERLIN, a_visit(version=5))

    done = folded(hub, a_visit(version=4, cancelled=True), a_visit(version=5, lines=()))

    assert (done.new, done.repeats) == (0, 2)
    assert [event.amount_minor for event in standing(hub)] == [12900]


def test_of_several_words_in_one_batch_the_latest_stands_whatever_its_place(hub):
    folded(hub, BERLIN, a_visit(version=3), a_visit(version=1, lines=()), a_visit(version=2, cancelled=True))

    assert [event.amount_minor for event in standing(hub)] == [12900]
    assert len(rows(hub, Visit)) == 1


def test_a_cancelled_visit_never_was_and_may_come_back(hub):
    folded(hub, BERLIN, a_visit())

    folded(hub, a_visit(version=2, cancelled=True))
    assert (standing(hub), profile(hub).visits_count, rows(hub, Visit)[0].status) == ([], 0, "cancelled")

    folded(hub, a_visit(version=3))
    assert (len(standing(hub)), profile(hub).visits_count) == (1, 1)


def test_a_visit_that_moves_to_another_customer_leaves_the_first(hub):
    folded(hub, BERLIN, a_visit())
    other = CustomerKey(partner_id="C-18")

    moved = VisitRecord(
        customer=other,
        key="V-1",
        at=at("2026-03-03"),
        version=2,
        opened_at=at("2026-03-02"),
        closed_at=at("2026-03-02", 9),
    )
    done = folded(hub, moved)

    assert len(done.touched) == 2
    (event,) = standing(hub)
    assert event.customer_id == rows(hub, Visit)[0].customer_id


def test_a_breakdown_is_told_beside_the_visit(hub):
    folded(hub, BERLIN, a_visit(reason="breakdown"))

    assert [event.kind for event in standing(hub)] == ["breakdown", "visit"]


def test_free_text_is_ciphertext_under_the_persons_key(hub):
    folded(hub, BERLIN, a_visit(note="Frau Weiß wartet im Café"))

    (visit,), (line,), (person,) = rows(hub, Visit), rows(hub, Line), rows(hub, Person)
    assert b"Caf" not in visit.note
    with hub.begin() as work:
        assert open_text(work, person.data_key_id, "visits.note", visit.id, visit.note) == "Frau Weiß wartet im Café"
        assert open_text(work, person.data_key_id, "lines.title", line.id, line.title) == "Ölwechsel für Anna"


def test_advice_is_open_until_it_is_declined(hub):
    folded(hub, advice())
    assert (profile(hub).recommendations_open, profile(hub).recommendations_declined) == (1, 0)

    folded(hub, advice("declined", version=2, amount_minor=28900, currency="EUR"))

    (row,) = rows(hub, Recommendation)
    assert (row.state, row.declined_on) == ("declined", date(2026, 3, 2))
    assert {event.kind for event in standing(hub)} == {"recommendation_made", "recommendation_declined"}
    assert (profile(hub).recommendations_open, profile(hub).recommendations_declined) == (0, 1)


def test_advice_that_was_declined_and_then_bought_is_no_longer_declined(hub):
    folded(hub, advice("declined"))

    folded(hub, advice("sold", version=2))

    assert {event.kind for event in standing(hub)} == {"recommendation_made", "recommendation_sold"}
    assert profile(hub).recommendations_declined == 0


def test_advice_on_a_car_that_was_sold_stays_with_the_car_and_not_with_the_seller(hub):
    car = VehicleRecord(customer=KEY, partner_id="F-9", owned_since=date(2020, 1, 1))
    folded(hub, car, advice())
    seller = profile(hub).customer_id

    folded(hub, VehicleRecord(customer=CustomerKey(partner_id="C-18"), partner_id="F-9", owned_since=date(2026, 4, 1)))

    with hub.look() as session:
        from hub.models import Profile

        found = session.get(Profile, seller)
        assert (found.vehicles_count, found.recommendations_open) == (0, 0)
    first, second = rows(hub, Ownership)
    assert (first.until, second.since, second.until) == (date(2026, 4, 1), date(2026, 4, 1), None)


def test_a_car_that_was_sold_to_somebody_unknown_is_nobodys(hub):
    folded(hub, VehicleRecord(customer=KEY, partner_id="F-9", owned_since=date(2020, 1, 1)))

    folded(hub, VehicleRecord(customer=KEY, partner_id="F-9", owned_until=date(2026, 2, 1)))

    assert profile(hub).vehicles_count == 0
    assert [one.until for one in rows(hub, Ownership)] == [date(2026, 2, 1)]


def test_what_an_earlier_owner_is_told_of_late_takes_no_car_away(hub):
    new = CustomerKey(partner_id="C-18")
    folded(hub, VehicleRecord(customer=new, partner_id="F-9", owned_since=date(2026, 4, 1)))

    folded(hub, VehicleRecord(customer=KEY, partner_id="F-9", owned_since=date(2020, 1, 1), make="VW"))

    (one,) = rows(hub, Ownership)
    assert (one.since, one.until) == (date(2026, 4, 1), None)
    assert rows(hub, Vehicle)[0].make == "VW"


def test_an_invoice_and_an_inspection_find_their_visit_though_they_came_first(hub):
    money = {"net_minor": 100, "tax_minor": 19, "total_minor": 119, "currency": "EUR"}
    bill = InvoiceRecord(
        customer=KEY, key="R-1", at=at("2026-03-02"), issued_at=at("2026-03-02"), visit_key="V-1", **money
    )
    look = InspectionRecord(
        customer=KEY,
        key="I-1",
        at=at("2026-03-02"),
        done_at=at("2026-03-02"),
        visit_key="V-1",
        findings=(FindingRecord(part="pads", safety="critical"), FindingRecord(part="tyres", safety="ok")),
    )
    folded(hub, BERLIN, bill, look)
    assert rows(hub, Invoice)[0].visit_id is None

    folded(hub, a_visit())

    (visit,) = rows(hub, Visit)
    assert (rows(hub, Invoice)[0].visit_id, rows(hub, Inspection)[0].visit_id) == (visit.id, visit.id)
    (event,) = standing(hub, "inspection")
    assert event.attributes == {"findings": 1, "critical": 1}


def test_a_cancelled_invoice_is_no_event(hub):
    money = {"net_minor": 100, "tax_minor": 19, "total_minor": 119, "currency": "EUR", "issued_at": at("2026-03-02")}
    folded(hub, InvoiceRecord(customer=KEY, key="R-1", at=at("2026-03-02"), **money))
    assert [event.amount_minor for event in standing(hub)] == [119]

    folded(hub, InvoiceRecord(customer=KEY, key="R-1", at=at("2026-03-03"), cancelled=True, **money))

    assert standing(hub) == []


def test_the_odometer_is_that_of_the_latest_visit_and_follows_corrections(hub):
    folded(
        hub,
        BERLIN,
        a_visit(odometer_km=90000, vehicle_partner_id="F-9"),
        a_visit(key="V-0", day="2025-01-02", odometer_km=70000, vehicle_partner_id="F-9"),
    )
    assert (profile(hub).visits_last_odometer, rows(hub, Vehicle)[0].odometer_km) == (90000, 90000)

    folded(hub, a_visit(version=2, odometer_km=80000, vehicle_partner_id="F-9"))

    assert (profile(hub).visits_last_odometer, rows(hub, Vehicle)[0].odometer_km) == (80000, 80000)


def test_a_branch_nobody_told_of_is_refused_and_nothing_is_kept(hub):
    with pytest.raises(WrongInput, match="branch we do not know"):
        folded(hub, a_visit(branch="atlantis"))

    assert rows(hub, Visit) == []


def test_the_day_of_a_visit_is_that_of_its_branch(hub):
    tokyo = type(BERLIN)(code="tokyo", title="Tokyo", zone="Asia/Tokyo")

    folded(hub, tokyo, a_visit(branch="tokyo", closed_at=at("2026-03-02", 23)))

    assert standing(hub)[0].local_day == date(2026, 3, 3)
