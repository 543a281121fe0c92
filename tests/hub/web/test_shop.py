"""The shop's doors: a verdict on every row, nothing half-done, and one slot for one appointment."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from hub.access import principal_named
from hub.models import Appointment, Delivery, Event, PersonalValue, Slot, Visit
from hub.sdk import SlotRecord
from hub.web.access import grant_token
from partners import drain_all
from shops import BERLIN, a_row, folded, profile, standing

KEYS = count(1)
DAY = "2027-02-10"


@pytest.fixture
def token(hub):
    folded(hub, BERLIN)
    with hub.begin() as work:
        shop = principal_named(work, "the shop", ())
        return grant_token(work, shop, ["rows:write", "slots:read"], timedelta(days=1), "shop")


@pytest.fixture
def post(client, token):
    def send(plural, told, *, key=None, content_type="application/json", secret=token):
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": content_type}
        headers |= {} if key == "" else {"Idempotency-Key": key or f"call-{next(KEYS):08d}"}
        return client.post(f"/api/v1/{plural}", data=body, headers=headers)

    return send


def how_many(hub, model):
    with hub.look() as session:
        return session.scalar(select(func.count()).select_from(model))


def verdicts(answer):
    return [item["verdict"] for item in answer.get_json()["items"]]


def booking(key, customer="C-1", bay="Bay 1", hour="08", **more):
    span = {"starts_at": f"{DAY}T{hour}:00:00Z", "ends_at": f"{DAY}T{int(hour) + 1:02d}:00:00Z"}
    return a_row("appointment", key=key, customer=customer, bay=bay, **{**span, **more})


def a_slot(bay="Bay 1", hour=8):
    from shops import at

    return SlotRecord(branch=BERLIN.code, bay=bay, starts_at=at(DAY, hour), ends_at=at(DAY, hour + 1))


# --- batches


def test_every_kind_of_row_has_its_door_and_goes_the_way_of_all_deliveries(hub, post):
    kinds = ("customer", "vehicle", "visit", "inspection", "recommendation", "invoice", "survey", "complaint", "part_arrival",
             "tyre_set", "frost_warning")  # fmt: skip
    for kind in kinds:
        assert post(f"{kind}s", [a_row(kind)]).status_code == 202, kind

    drain_all(hub)

    assert {event.kind for event in standing(hub)} >= {
        "visit",
        "inspection",
        "recommendation_declined",
        "invoice",
        "survey",
        "parts_arrived",
        "tyres_stored",
        "frost_forecast",
    }
    assert (profile(hub).spend_total_minor, profile(hub).nps_last, profile(hub).visits_last_odometer) == (
        11900,
        9,
        84210,
    )
    with hub.look() as session:
        assert set(session.scalars(select(Delivery.state))) == {"done"}


def test_good_rows_are_taken_whatever_stands_beside_them(hub, post):
    bad = a_row("visit", key="V-2", odometer_km=-5, currency="XXX")

    answer = post("visits", {"items": [a_row("visit"), bad, 7, a_row("visit")]})

    assert answer.status_code == 207
    assert verdicts(answer) == ["accepted", "refused", "refused", "duplicate"]
    problems = answer.get_json()["items"][1]["problems"]
    assert [one["field"] for one in problems] == ["currency", "odometer_km"]
    assert all(one["reason"] and one["hint"] for one in problems)
    assert how_many(hub, Delivery) == 1


def test_a_row_that_was_told_before_is_a_duplicate_and_a_later_version_is_news(hub, post):
    post("visits", [a_row("visit")])
    drain_all(hub)

    answer = post("visits", [a_row("visit"), a_row("visit", version=4, cancelled=True)])
    drain_all(hub)

    assert verdicts(answer) == ["duplicate", "accepted"]
    assert standing(hub) == []
    assert how_many(hub, Visit) == 1


def test_a_row_that_several_calls_tell_at_once_is_kept_once(app, hub, token):
    def tell(number):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"at-once-{number}"}
        return app.test_client().post("/api/v1/visits", json=[a_row("visit")], headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = set(pool.map(tell, range(4)))

    assert 202 in statuses
    assert statuses <= {202, 503}
    assert how_many(hub, Delivery) == 1


def test_a_call_that_is_repeated_is_answered_and_not_done_again(hub, post):
    first = post("visits", [a_row("visit")], key="the-same-call")

    again = post("visits", [a_row("visit")], key="the-same-call")

    assert (again.status_code, again.get_json()) == (first.status_code, first.get_json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert post("visits", [a_row("visit", key="V-2")], key="the-same-call").status_code == 422
    assert post("visits", [a_row("visit")], key="").status_code == 400


def test_ndjson_has_a_verdict_per_line_though_a_line_is_broken(post):
    lines = [json.dumps(a_row("visit")).encode(), b'{"key": "V-2", "at', b"\xff\xfe", b"", b'{"key": NaN}']

    answer = post("visits", b"\n".join(lines), content_type="application/x-ndjson")

    assert answer.status_code == 207
    assert verdicts(answer) == ["accepted", "refused", "refused", "refused"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'[{"key": "V-1"', 400, "not_json"),
        (b"\xff\xfe[]", 400, "not_json"),
        (b"[" * 100_000, 400, "not_json"),
        (b"", 400, "not_json"),
        (b"[]", 422, "wrong_input"),
        (b'"rows"', 422, "wrong_input"),
        (b'{"rows": []}', 422, "wrong_input"),
        (b"[" + b"1," * 1000 + b"1]", 413, "too_large"),
    ],
)
def test_a_body_that_is_no_batch_says_what_is_wrong(post, body, status, code):
    answer = post("visits", body)

    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"


def test_ten_megabytes_are_too_much_and_nothing_of_them_is_kept(hub, post):
    answer = post("visits", [a_row("visit", note="x" * 10_000_000)])

    assert answer.status_code == 413
    assert how_many(hub, Delivery) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("odometer_km", b"NaN"),
        ("odometer_km", b"9" * 400),
        ("odometer_km", b"1e400"),
        ("version", b"-Infinity"),
        ("currency", b'"DOGE"'),
        ("branch", b'"atlantis"'),
        ("note", b'"\\u0000"'),
        ("note", b'"\\ud800"'),
    ],
)
def test_a_value_that_is_none_is_refused_by_its_field(post, field, value):
    row = json.dumps(a_row("visit", **{field: "HERE"})).encode().replace(b'"HERE"', value)

    answer = post("visits", b"[" + row + b"]")

    assert answer.status_code == 422
    assert [one["field"] for one in answer.get_json()["items"][0]["problems"]] == [field]


def test_somebody_who_lives_in_another_region_is_refused_here(hub, post):
    answer = post("customers", [a_row("customer", residence="AE")])

    assert answer.get_json()["items"][0]["problems"][0]["field"] == "residence"
    assert how_many(hub, PersonalValue) == 0


def test_a_token_tells_rows_of_its_own_connection_only(client, hub, post):
    with hub.begin() as work:
        partner = principal_named(work, "somebody", ())
        unbound = grant_token(work, partner, ["rows:write"], None)
        other = grant_token(work, partner, ["rows:write"], None, "club")
        narrow = grant_token(work, partner, ["slots:read"], None, "shop")

    for secret in (unbound, other, narrow):
        assert post("visits", [a_row("visit")], secret=secret).status_code == 403


def test_each_door_describes_its_rows(client):
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]

    for plural in ("visits", "inspections", "invoices", "appointments", "recommendations", "customers", "vehicles"):
        body = paths[f"/api/v1/{plural}"]["post"]["requestBody"]["content"]
        assert body["application/json"]["schema"]["items"]["$ref"].endswith("Row")


# --- slots and bookings


def free(client, token, day=DAY, code=BERLIN.code):
    answer = client.get(f"/api/v1/branches/{code}/slots?day={day}", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, [(one["bay"], one["starts_at"]) for one in (answer.get_json().get("items") or [])]


def test_free_slots_are_those_of_the_branchs_own_day(client, hub, token):
    folded(hub, a_slot(hour=8), a_slot(hour=23), a_slot(bay="Bay 2", hour=8))

    assert free(client, token) == (200, [("Bay 1", f"{DAY}T08:00:00+00:00"), ("Bay 2", f"{DAY}T08:00:00+00:00")])
    assert free(client, token, day="2027-02-11") == (200, [("Bay 1", f"{DAY}T23:00:00+00:00")])
    assert free(client, token, code="atlantis")[0] == 404
    assert [free(client, token, day=day)[0] for day in ("soon", "9999-12-31")] == [422, 422]


def test_a_slot_is_booked_once_and_free_again_when_it_is_cancelled(client, hub, token, post):
    folded(hub, a_slot())

    assert verdicts(post("appointments", [booking("B-1")])) == ["accepted"]
    taken = post("appointments", [booking("B-2", customer="C-2")])
    assert (taken.status_code, taken.get_json()["items"][0]["problems"][0]["reason"]) == (422, "The slot is taken.")
    assert free(client, token) == (200, [])

    post("appointments", [booking("B-1", version=2, state="cancelled", ended_at=f"{DAY}T06:00:00Z")])
    assert len(free(client, token)[1]) == 1
    assert verdicts(post("appointments", [booking("B-2", customer="C-2")])) == ["accepted"]


def test_a_booking_that_is_refused_leaves_nothing(hub, post):
    folded(hub, a_slot())
    post("appointments", [booking("B-1")])
    before = [how_many(hub, model) for model in (Appointment, Event, Delivery)]

    post("appointments", [booking("B-2", customer="C-2")])

    assert [how_many(hub, model) for model in (Appointment, Event, Delivery)] == before


def test_without_a_bay_any_free_one_will_do(hub, post):
    folded(hub, a_slot("Bay 1"), a_slot("Bay 2"))

    answer = post("appointments", [booking(f"B-{n}", customer=f"C-{n}", bay=None) for n in range(3)])

    assert verdicts(answer) == ["accepted", "accepted", "refused"]


def test_two_appointments_of_one_bay_do_not_overlap_whatever_slots_they_name(hub, post):
    folded(hub, a_slot())
    post("appointments", [booking("B-1")])

    span = {"starts_at": f"{DAY}T08:30:00Z", "ends_at": f"{DAY}T09:30:00Z"}
    assert verdicts(post("appointments", [booking("B-2", customer="C-2", **span)])) == ["refused"]


def test_an_appointment_that_moves_gives_up_its_old_slot(client, hub, token, post):
    folded(hub, a_slot(hour=8), a_slot(hour=10))
    post("appointments", [booking("B-1", hour="08")])

    assert verdicts(post("appointments", [booking("B-1", hour="10", version=2)])) == ["accepted"]

    assert free(client, token)[1] == [("Bay 1", f"{DAY}T08:00:00+00:00")]


def test_many_who_want_the_same_slot_at_once_get_it_once(app, hub, token):
    folded(hub, a_slot())

    def book(number):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"at-once-{number}"}
        told = [booking(f"B-{number}", customer=f"C-{number}")]
        return app.test_client().post("/api/v1/appointments", json=told, headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(book, range(6)))

    assert statuses.count(202) == 1
    assert set(statuses) <= {202, 422, 503}
    with hub.look() as session:
        held = session.scalars(select(Appointment.slot_id).where(Appointment.slot_id.is_not(None))).all()
        assert held == [session.scalars(select(Slot.id)).one()]


def test_what_the_shop_tells_of_its_own_calendar_is_kept_though_there_is_no_room(hub, post):
    from hub.sdk import AppointmentRecord, CustomerKey
    from shops import at

    folded(hub, a_slot())
    post("appointments", [booking("B-1")])
    span = {"starts_at": at(DAY, 8), "ends_at": at(DAY, 9), "booked_at": at("2026-11-01")}

    late = AppointmentRecord(customer=CustomerKey(partner_id="C-2"), key="B-2", at=at("2026-11-01"), branch=BERLIN.code,
                             bay="Bay 1", **span)  # fmt: skip
    done = folded(hub, late)

    assert (done.new, done.clashes) == (1, 1)
    with hub.look() as session:
        assert {(row.state, row.slot_id is None) for row in session.scalars(select(Appointment))} == {
            ("booked", False),
            ("booked", True),
        }


def test_bookings_are_events_and_facts(hub, post):
    folded(hub, a_slot())
    post("appointments", [booking("B-1")])
    assert (profile(hub).appointments_next_on.isoformat(), [one.kind for one in standing(hub)]) == (
        DAY,
        ["booking_made"],
    )

    post("appointments", [booking("B-1", version=2, state="no_show")])

    assert {one.kind for one in standing(hub)} == {"booking_made", "no_show"}
    assert (profile(hub).appointments_next_on, profile(hub).appointments_missed) == (None, 1)
