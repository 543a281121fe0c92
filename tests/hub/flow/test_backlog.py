"""A hub that fell behind catches up: taking some of what waits costs the same however much waits, whatever the planner believes."""

import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, event, text

from hub.clock import take_figures
from hub.flow import inbox, outbox
from hub.models import Delivery, Message
from hubs import NOW

WAITS, SOME, QUIET = 2000, 50, 300
# Rows that may be read for each that is taken: it, where it lies, and what else is open of its entity.
READS = 10


def visited(plan):
    """Rows that a plan read, wanted or not."""
    lost = sum(plan.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Join Filter", "Index Recheck"))
    return (plan["Actual Rows"] + lost) * plan["Actual Loops"] + sum(map(visited, plan.get("Plans", ())))


@contextmanager
def explained(hub):
    """What PostgreSQL did for each statement that reads along, as [(statement, plan)]."""
    found, engine = [], hub.region.engine

    def look(_conn, cursor, statement, parameters, _context, many):
        if "SKIP LOCKED" in statement and not many:
            beside = cursor.connection.cursor()
            beside.execute("SAVEPOINT beside")
            (told,) = beside.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).fetchone()
            beside.execute("ROLLBACK TO beside")
            found.append((statement, told[0]["Plan"] if isinstance(told, list) else json.loads(told)[0]["Plan"]))

    event.listen(engine, "before_cursor_execute", look)
    yield found
    event.remove(engine, "before_cursor_execute", look)


def figures_taken(hub):
    """The planner's, by whoever owns the tables, which hold no trace of other tests."""
    owner = create_engine(hub.settings.owner_url(hub.region.code), isolation_level="AUTOCOMMIT")
    with owner.connect() as line:
        line.execute(text("VACUUM (FULL, ANALYZE) deliveries, messages"))
    owner.dispose()


def some_deliveries(work, partner, count, state="waiting"):
    for number in range(count):
        last = {"settled_at": NOW} if state == "done" else {}
        row = {"connection_id": partner.id, "key_hash": f"{state}{number}".encode(), "entity": f"{state}{number}".encode(),
               "state": state, "not_before": NOW, "received_at": NOW, **last}  # fmt: skip
        work.add(Delivery(**row))


def some_messages(work, partner, count, state="waiting", first=0):
    for number in range(first, first + count):
        last = {"settled_at": NOW} if state == "sent" else {}
        row = {"connection_id": partner.id, "entity": f"{state}{number}", "seq": 1, "topic": "tier_changed", "refs": {},
               "effect_key": f"{state}{number}", "state": state, "not_before": NOW, "made_at": NOW, **last}  # fmt: skip
        work.add(Message(**row))


@pytest.fixture(params=["nothing", "quiet times"])
def behind(request, hub):
    """Far behind, after quiet times of which the planner has its figures, or with none at all."""
    partner = hub.partners["crm"]
    if request.param == "quiet times":
        with hub.begin() as work:
            some_deliveries(work, partner, QUIET, "done")
            some_messages(work, partner, QUIET, "sent")
        figures_taken(hub)
    with hub.begin() as work:
        some_deliveries(work, partner, WAITS)
        some_messages(work, partner, WAITS)
    return hub, partner


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_backlog_is_taken_in_without_reading_the_rest_of_it(behind):
    hub, partner = behind

    with explained(hub) as found, hub.begin() as work:
        taken = inbox.take(work, partner, SOME)

    assert len(taken) == SOME
    assert [visited(plan) for _, plan in found] == [pytest.approx(0, abs=READS * SOME)], found


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("kind", ["CLAIM", "CLAIM_BY_TOPIC"])
def test_a_backlog_is_claimed_without_reading_the_rest_of_it(behind, kind):
    hub, partner = behind
    wanted = {"connection": partner.id, "now": NOW, "limit": SOME, "until": NOW + timedelta(minutes=1)}

    with explained(hub) as found, hub.begin() as work:
        claimed = work.session.execute(getattr(outbox, kind), wanted).all()

    assert len(claimed) == SOME
    assert [visited(plan) for _, plan in found] == [pytest.approx(0, abs=READS * SOME)], found


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_young_table_has_its_figures_taken_as_it_grows_and_not_again_while_it_does_not(hub):
    def known():
        with hub.look() as session:
            return session.scalar(text("SELECT reltuples FROM pg_class WHERE oid = CAST('messages' AS regclass)"))

    figures_taken(hub)
    take_figures(hub)
    taken, came = known(), 0
    while not take_figures(hub):
        assert known() == taken
        with hub.begin() as work:
            some_messages(work, hub.partners["crm"], WAITS, first=came)
        came += WAITS
        assert came <= 5 * WAITS, "it has more than doubled"

    assert known() == taken + came > 0
    assert take_figures(hub) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_where_the_planner_has_no_such_figures_none_are_taken(hub):
    assert take_figures(hub) == 0
