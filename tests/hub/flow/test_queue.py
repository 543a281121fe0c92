"""The queue of conversations: the most urgent first, page by page without a gap or a repeat, along an index, and nobody else's."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from hub.flow.queue import STATES, Asked, Reader, listed, parts, place_of
from hub.models import Conversation, new_ref
from plans import plan_of
from talking import a_customer, an_advisor

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
BRANCHES = (None, "berlin-spree", "hamburg-hafen")
INDEXES = {
    "": "ix_conversations_due_at_id", "resting": "ix_conversations_due_at_id", "closed": "ix_conversations_closed_at_id",
    "closed berlin-spree": "ix_conversations_branch_closed_at_id",
}  # fmt: skip


@pytest.fixture
def mine(hub):
    return an_advisor(hub)


@pytest.fixture
def conversations(hub, mine):
    """Three dozen, of which many have the same moment, and some none."""
    chance, found = Random(7), []
    with hub.begin() as work:
        customers = [a_customer(work)[0] for _ in range(36)]
        for customer_id in customers:
            state, at = (
                chance.choice(("waiting", "assigned", "closed", "bot")),
                NOON + timedelta(minutes=chance.randrange(3)),
            )
            found.append(work.add(Conversation(
                id=work.ids.next(), ref=new_ref(), customer_id=customer_id, branch=chance.choice(BRANCHES), language="de",
                desk="front", state=state, owner_id=chance.choice((mine, 7)) if state == "assigned" else None, seq=3,
                pause=chance.choice((None, "parts")) if state == "assigned" else None, opened_at=NOON, changed_at=NOON,
                closed_at=at if state == "closed" else None,
                due_at=chance.choice((None, at)) if state in ("waiting", "assigned") else None,
            )))  # fmt: skip
    return found


def pages(hub, reader, asked, size=4):
    """Refs of the list, walked to its end."""
    found, after = [], None
    with hub.look() as session:
        while some := listed(session, reader, Asked(asked.state, asked.branch, after), size):
            found += [one.ref for one in some]
            after = place_of(str(some[-1].place))
    return found


def expected(conversations, reader, asked):
    def holds(row):
        theirs = (
            reader.branches is None
            or row.branch is None
            or row.branch in reader.branches
            or row.owner_id == reader.mine
        )
        kind = {
            "": row.state in ("waiting", "assigned"), "waiting": row.state == "waiting", "closed": row.state == "closed",
            "mine": row.owner_id == reader.mine, "resting": row.pause is not None,
        }  # fmt: skip
        return theirs and kind[asked.state] and (not asked.branch or row.branch == asked.branch)

    def urgency(row):
        return row.pause is not None, row.due_at is None, row.due_at or NOON, row.id

    rows = [row for row in conversations if holds(row)]
    if asked.state == "closed":
        rows.sort(key=lambda row: (row.closed_at, row.id), reverse=True)
    else:
        rows.sort(key=urgency)
    return [row.ref for row in rows]


@pytest.mark.parametrize("branches", [None, frozenset(), frozenset({"berlin-spree"})])
@pytest.mark.parametrize("state", ["", *STATES])
def test_every_page_goes_on_where_the_one_before_ended(hub, conversations, mine, state, branches):
    reader = Reader(mine, branches)
    for branch in ("", "berlin-spree", "hamburg-hafen"):
        asked = Asked(state, branch)
        assert pages(hub, reader, asked) == expected(conversations, reader, asked), branch


def test_a_place_of_another_list_is_the_beginning_of_this_one(hub, conversations, mine):
    finished = Asked("closed", after=place_of("2.1-1"))

    with hub.look() as session:
        found = [one.ref for one in listed(session, Reader(mine), finished, 99)]

    assert found == expected(conversations, Reader(mine), finished)


@pytest.mark.parametrize("name", INDEXES)
def test_a_page_is_read_along_an_index_that_gives_its_order(hub, name):
    asked = Asked(*name.split(" "))

    with hub.look() as session:
        plans = [plan_of(hub, session, part) for part in parts(Reader(1), asked, 61)]

    assert [INDEXES[name] in plan for plan in plans] == [True] * len(plans), plans
    assert not any(word in plan for plan in plans for word in ("TEMP B-TREE", "Sort Key"))
