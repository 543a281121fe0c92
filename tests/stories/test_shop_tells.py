"""The garage's own system tells its story by all its doors, late, twice and out of order: what is left is what is true."""

import json

from sqlalchemy import select

from hub.models import DeadLetter, Delivery, Event, Recommendation, Visit
from hub.sdk import sign
from partners import drain_all, secret
from shops import BERLIN, ROWS, a_row, folded, profile, standing

STORY = ("customer", "vehicle", "visit", "inspection", "recommendation", "invoice", "survey")


def knock(hub, app, clock, told, message_id):
    body = json.dumps(told).encode()
    headers = {
        "Content-Type": "application/json",
        **sign(secret(hub, "SHOP_WEBHOOK_SECRET"), message_id, clock(), body),
    }
    return app.test_client().post("/webhooks/shop", data=body, headers=headers)


def test_told_backwards_and_twice_by_webhook_it_is_the_same_story(hub, app, clock):
    folded(hub, BERLIN)
    for round_ in range(2):
        for kind in reversed(STORY):
            assert knock(hub, app, clock, ROWS[kind], f"m{round_}-{kind}").status_code == 202
            drain_all(hub)

    found = profile(hub)
    assert (found.visits_count, found.spend_total_minor, found.recommendations_declined) == (1, 11900, 1)
    assert (found.vehicles_count, found.vehicles_oldest_on.isoformat(), found.nps_last) == (1, "2018-03-01", 9)
    kinds = [event.kind for event in standing(hub)]
    assert sorted(kinds) == [
        "inspection",
        "invoice",
        "recommendation_declined",
        "recommendation_made",
        "survey",
        "visit",
    ]
    with hub.look() as session:
        assert session.scalars(select(Recommendation)).one().visit_id == session.scalars(select(Visit)).one().id
        assert set(session.scalars(select(Delivery.state))) == {"done"}


def test_a_branch_that_is_told_too_late_costs_nothing(hub, app, clock):
    assert knock(hub, app, clock, ROWS["visit"], "m-1").status_code == 202
    drain_all(hub)
    with hub.look() as session:
        assert session.scalars(select(DeadLetter)).one().code == "wrong_input"
    assert standing(hub) == []

    folded(hub, BERLIN)
    from hub.flow import inbox

    with hub.begin() as work:
        inbox.revive(work, work.session.scalars(select(Delivery)).one())
    drain_all(hub)

    assert [event.kind for event in standing(hub)] == ["visit"]


def test_a_visit_that_is_corrected_and_cancelled_leaves_its_history_and_no_trace_in_the_sums(hub, app, clock):
    folded(hub, BERLIN)
    told = [a_row("visit", version=n, **more) for n, more in ((5, {"cancelled": True}), (3, {}), (4, {"lines": []}))]

    knock(hub, app, clock, {"rows": told}, "m-1")
    drain_all(hub)

    assert (standing(hub), profile(hub).visits_count) == ([], 0)
    with hub.look() as session:
        assert session.scalars(select(Visit)).one().status == "cancelled"
        assert all(event.withdrawn_at for event in session.scalars(select(Event)))
