"""Fleets tell us their vehicles: in bulk, again, wrongly, and with corrections of the past."""

import gzip
import json

import pytest
from sqlalchemy import func, select

from fleeting import AUDI, FORD, VOLVO, FleetPartner
from hub import clock as moving
from hub.flow import uploads
from hub.models import Assignment, DataKey, Job, JobPart, Vehicle
from partners import drain_all

CSV = "text/csv"
TWO = [{"vin": AUDI, "since": "2026-01-01"}, {"vin": FORD, "since": "2026-02-01", "until": "2026-03-01"}]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", json.dumps(TWO)),
        ("application/x-ndjson", "\n".join(map(json.dumps, TWO))),
        (CSV, f"vin,since,until\n{AUDI},2026-01-01,\n{FORD},2026-02-01,2026-03-01\n"),
        (CSV, f'vin;since;until\r\n"{AUDI}";2026-01-01;\r\n{FORD};2026-02-01;2026-03-01\r\n'),
    ],
)  # fmt: skip
def test_rows_come_in_three_ways_and_packed(acme, kind, body):
    raw = gzip.compress(body.encode())

    answer = acme.send(raw, kind)

    assert (answer.status_code, answer.get_json()["rows"]) == (202, 2)
    assert acme.report(answer)["counts"] == {"added": 2, "warned": 1}
    assert acme.vehicles() == {(AUDI, "2026-01-01", None), (FORD, "2026-02-01", "2026-03-01")}


def test_the_same_file_again_changes_nothing(acme, hub):
    rows = [
        {"vin": AUDI, "since": "2026-01-01", "plate": "B-XY 1"},
        {"vin": AUDI, "since": "2026-06-01", "assignment": "a2"},
    ]
    acme.send(rows)
    with hub.look() as session:
        before = session.scalar(select(func.count()).select_from(Assignment))

    assert acme.told(rows) == [(1, "unchanged"), (2, "unchanged")]
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Assignment)) == before


def test_the_past_is_corrected_and_what_was_believed_stays(acme, clock):
    acme.send([{"vin": AUDI, "since": "2026-01-01", "until": "2026-06-01", "assignment": "a1"}])
    then = clock().isoformat()
    clock.pass_by(days=30)

    assert acme.told([{"vin": AUDI, "since": "2025-11-01", "until": "2026-04-01", "assignment": "a1"}]) == [
        (1, "changed")
    ]

    assert acme.vehicles() == {(AUDI, "2025-11-01", "2026-04-01")}
    assert acme.vehicles(believed_at=then) == {(AUDI, "2026-01-01", "2026-06-01")}
    assert acme.vehicles(on="2026-05-01") == set()
    assert acme.vehicles(on="2026-05-01", believed_at=then) == {(AUDI, "2026-01-01", "2026-06-01")}


def test_an_open_end_lasts_until_the_next_and_opens_again(acme):
    acme.send([{"vin": AUDI, "since": "2026-05-01", "assignment": "a2"}])
    acme.send([{"vin": AUDI, "since": "2026-01-01", "assignment": "a1"}])
    assert acme.vehicles() == {(AUDI, "2026-01-01", "2026-05-01"), (AUDI, "2026-05-01", None)}

    assert acme.told([{"vin": AUDI, "since": "2026-05-01", "assignment": "a2", "state": "withdrawn"}]) == [
        (1, "withdrawn")
    ]

    assert acme.vehicles() == {(AUDI, "2026-01-01", None)}


def test_a_number_that_moves_to_another_vehicle_leaves_the_first(acme):
    acme.send([{"vin": AUDI, "since": "2026-01-01", "assignment": "a1"}])

    assert acme.told([{"vin": VOLVO, "since": "2026-01-01", "assignment": "a1"}]) == [(1, "changed")]
    assert acme.vehicles() == {(VOLVO, "2026-01-01", None)}


def test_no_vehicle_is_in_two_places_at_once(acme, hub, client):
    zeta = FleetPartner(hub, client, "zeta")
    acme.send([{"vin": AUDI, "since": "2026-01-01"}])

    row = zeta.report(
        zeta.send([{"vin": AUDI, "since": "2026-03-01"}, {"vin": AUDI, "since": "2025-01-01", "until": "2026-01-01"}])
    )
    (taken, before) = row["items"]

    assert (taken["verdict"], before["verdict"]) == ("rejected", "added")
    assert "another fleet" in taken["reason"]
    assert acme.told([{"vin": AUDI, "since": "2026-01-01", "assignment": "b"}]) == [(1, "rejected")]


def test_a_fleet_sees_only_its_own(acme, hub, client):
    zeta = FleetPartner(hub, client, "zeta")
    job = acme.send([{"vin": AUDI, "since": "2026-01-01"}]).get_json()

    assert client.get(job["report"], headers=zeta.headers).status_code == 404
    assert client.get("/api/v1/fleets/acme/assignments", headers=zeta.headers).status_code == 404
    assert client.put("/api/v1/fleets/acme", json={"title": "mine"}, headers=zeta.headers).status_code == 403


def test_a_wrong_row_is_named_with_what_mends_it_and_harms_no_other(acme):
    report = acme.report(acme.send([{"vin": "short", "since": "2026-01-01"}, {"vin": FORD, "since": "2026-01-01"}]))

    wrong, good = report["items"]
    assert (wrong["line"], wrong["verdict"], wrong["column"], good["verdict"]) == (1, "rejected", "vin", "added")
    assert wrong["reason"]
    assert wrong["hint"]
    assert report["counts"] == {"rejected": 1, "added": 1}


def test_outside_north_america_a_check_digit_is_a_warning(acme):
    (row,) = acme.report(acme.send([{"vin": "WVWZZZ3CZEE140287", "since": "2026-01-01"}]))["items"]

    assert (row["verdict"], row["column"]) == ("added", "vin")
    assert "check digit" in row["reason"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (CSV, b"vin,sinc\n", 422),
        ("application/json", b'[{"vin": "x"}, {"vi', 400),
        (CSV, gzip.compress(b"vin,since\n")[:-4], 422),
    ],
)
def test_what_is_wrong_as_a_whole_is_refused_and_leaves_nothing(acme, hub, kind, body, status):
    answer = acme.send(body, kind)

    assert answer.status_code == status
    assert answer.get_json()["hint"]
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_a_bomb_is_stopped_at_the_limit(acme, monkeypatch):
    monkeypatch.setattr("hub.web.rows.MOST_BYTES", 1_000_000)
    bomb = gzip.compress(b"vin,since\n" + b"0" * 50_000_000)

    assert acme.send(bomb, CSV).status_code == 413


def test_rows_of_a_broken_file_are_named_one_by_one(acme):
    body = (
        f"vin,since\n{AUDI},2026-01-01\n".encode() + b"\xff\xfe,2026-01-01\n" + b"x" * 20_000
        + b"\n" + f'{FORD},2026-01-01\n{VOLVO},"2026-0'.encode()
    )  # fmt: skip

    report = acme.report(acme.send(body, CSV))

    assert [(row["line"], row["verdict"]) for row in report["items"]] == [
        (2, "added"), (3, "rejected"), (4, "rejected"), (5, "added"), (6, "rejected"),
    ]  # fmt: skip
    assert "UTF-8" in report["items"][1]["reason"]
    assert "long" in report["items"][2]["reason"]
    assert "cut off" in report["items"][4]["hint"]


def test_nan_in_one_line_harms_no_other(acme):
    body = f'{{"vin": NaN, "since": "2026-01-01"}}\n{{"vin": "{AUDI}", "since": "2026-01-01"}}\n{{"vin": "{"9" * 400}"'

    assert acme.told(body, "application/x-ndjson") == [(1, "rejected"), (2, "added"), (3, "rejected")]


def test_one_assignment_is_stated_once_in_a_file(acme):
    rows = [
        {"vin": AUDI, "since": "2026-01-01", "assignment": "a"},
        {"vin": AUDI, "since": "2026-02-01", "assignment": "a"},
    ]

    assert acme.told(rows) == [(1, "added"), (2, "rejected")]
    assert acme.told(rows) == [(1, "unchanged"), (2, "rejected")]


def test_keys_follow_the_draft(acme):
    row = [{"vin": AUDI, "since": "2026-01-01"}]
    first, again = acme.send(row, key="one-and-the-same"), acme.send(row, key="one-and-the-same")
    other = acme.send([{"vin": FORD, "since": "2026-01-01"}], key="one-and-the-same")
    missing = acme.client.post("/api/v1/fleets/acme/assignments", json=row, headers=acme.headers)

    assert first.get_json() == again.get_json()
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")
    assert missing.status_code == 400


def test_a_killed_upload_goes_on_where_it_stood(acme, hub, monkeypatch):
    monkeypatch.setattr(uploads, "PART", 2)
    rows = [{"vin": AUDI, "since": f"2026-0{month}-01", "assignment": f"a{month}"} for month in range(1, 8)]
    answer = acme.send(rows, drain=False)
    uploads.work_off(hub)
    early = acme.report(answer)
    assert (early["state"], early["counts"], early["seconds"]) == ("waiting", {"added": 2, "warned": 2}, None)

    moving.tick(hub)  # all bells are lost; the sweep sees what waits
    drain_all(hub)

    report = acme.report(answer)
    assert (report["state"], report["counts"]) == ("done", {"added": 7, "warned": 7})
    with hub.look() as session:
        assert {row.state for row in session.scalars(select(JobPart))} == {"done"}
        assert session.scalar(select(func.count()).select_from(DataKey).where(DataKey.owner_kind == "job")) == 0


def test_a_part_that_cannot_be_taken_in_is_given_up_with_a_reason(acme, hub, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(uploads, "fold_statements", broken)
    answer = acme.send([{"vin": AUDI, "since": "2026-01-01"}], drain=False)
    for _ in range(uploads.TRIES):
        uploads.work_off(hub)

    report = acme.report(answer)
    assert (report["state"], report["items"][0]["column"]) == ("done", "defect")


def test_the_report_is_paged_by_line_and_filtered_by_verdict(acme, monkeypatch):
    monkeypatch.setattr(uploads, "PART", 3)
    rows = [
        {"vin": AUDI if number % 2 else "wrong", "since": f"2026-01-{number:02}", "assignment": str(number)}
        for number in range(1, 11)
    ]
    answer = acme.send(rows)

    lines, cursor = [], 0
    while cursor is not None:
        page = acme.report(answer, cursor=cursor, limit=4)
        lines += [row["line"] for row in page["items"]]
        cursor = page["next"]

    assert lines == list(range(1, 11))
    assert [row["line"] for row in acme.report(answer, verdict="rejected", limit=2)["items"]] == [2, 4]


def test_a_customers_car_is_the_same_car_in_a_fleet(acme, hub):
    from hub.flow import customers, facts
    from hub.sdk import CustomerKey, VehicleRecord

    with hub.begin() as work:
        record = VehicleRecord(customer=CustomerKey(partner_id="c1"), partner_id="v1", vin=AUDI)
        facts.refresh(work, customers.fold(hub, work, hub.partner("club"), [record]).touched)

    acme.send([{"vin": AUDI.lower(), "since": "2026-01-01"}])

    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Vehicle)) == 1
        assert session.scalar(select(func.count()).select_from(Assignment)) == 1


def test_the_doors_describe_themselves(client):
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]

    assert "text/csv" in paths["/api/v1/fleets/{fleet}/assignments"]["post"]["requestBody"]["content"]
    assert "/api/v1/jobs/{job}" in paths
