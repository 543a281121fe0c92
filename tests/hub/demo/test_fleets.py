"""Fleets come in by the partners' own door: contracts with their levels, vehicles that are the customers' cars."""

import json
from random import Random

from sqlalchemy import func, select

from hub.access import principal_named
from hub.demo.fleets import SCOPES, contracts, readings, tell
from hub.demo.history import history, write_rows
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS
from hub.flow.sync import history_of, import_pages
from hub.models import Assignment, Fleet, Link, ServiceLevel
from hub.web.access import grant_token
from partners import drain_all
from worlds import books_of


def spoken_for(hub, client):
    with hub.begin() as work:
        token = grant_token(work, principal_named(work, "demo fleets", ()), list(SCOPES), None)

    def call(method, path, body, key):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "application/json"}
        answer = client.open(path, method=method, data=None if body is None else json.dumps(body), headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.get_json()

    return call


def test_a_branchs_fleets_come_in_with_contract_and_vehicles_and_again_nothing_is_new(hub, client, tmp_path):
    books, (partner, call) = books_of("eu", 200)[0], (hub.partners["shop"], spoken_for(hub, client))
    file = tmp_path / "history.ndjson"
    write_rows(file, history(Pen(books), DAYS, hub.clock()))
    import_pages(hub, partner, history_of(hub, partner, file), Random(1))
    told = list(contracts(books))

    for _ in range(2):
        reports = [tell(call, one) for one in told]
        drain_all(hub)

    assert [call("GET", one, None, "")["counts"] for one in reports] == [
        {"added": len(one.assignments)} for one in told
    ]
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Fleet)) == len(told) > 0
        assert session.scalar(select(func.count()).select_from(ServiceLevel)) == 2 * len(told)
        theirs = set(session.scalars(select(Assignment.vehicle_id)))
        known = set(
            session.scalars(select(Link.about_id).where(Link.connection_id == partner.id, Link.about == "vehicle"))
        )
    assert theirs <= known


def test_a_feed_reads_only_vehicles_that_fleets_have_today():
    for books in books_of("gcc", 600):
        today = {row["vin"] for one in contracts(books) for row in one.assignments if "until" not in row}
        assert {vin for vin, _ in readings(books)} <= today
        assert all(metres > 0 for _, metres in readings(books))
