"""The list of today's calls at the desk: whom, why in a sentence, what came of it; only for one's own branch."""

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from called import a_call
from desks import Visitor
from hub.core import Hub
from hub.flow import scores
from hub.models import AuditEntry, Outreach, Role
from hub.sdk import Trained
from mine import Owner

DESK = "/desk/outreach/"


@pytest.fixture
def advisor(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "advisor")


@pytest.fixture
def call(hub: Hub, owner: Owner) -> int:
    return a_call(hub, owner.customer_id)


def outcome(hub: Hub) -> tuple[str | None, int]:
    with hub.look() as session:
        audited = select(func.count()).where(AuditEntry.action == "outreach_noted")
        return session.scalars(select(Outreach.outcome)).one(), session.scalar(audited) or 0


def test_why_is_told_in_a_sentence_of_the_readers_language(advisor: Visitor, call: int) -> None:
    assert "Declined this 90 days ago." in advisor.get(DESK).text
    assert "Hat dies abgelehnt: 90 Tage her." in advisor.get(DESK + "?lang=de").text
    assert "no model of what cars need is in force" in advisor.get(DESK + "?lang=en").text


def test_a_model_in_force_tells_how_often_such_lists_were_right(hub: Hub, advisor: Visitor, call: int) -> None:
    told = {"20": {"precision": 0.482, "interval": [0.41, 0.553], "by_lot": 0.127}}
    shelf = scores.shelf_of(hub)
    shelf.put("need", "1", Trained(b"", {"precision_at": told}, ""))
    shelf.promote("need", "1")

    text = advisor.get(DESK).text

    assert "Of lists of 20 in the backtest 48% were right, between 41% and 55%; of cars drawn by lot 13%." in text
    assert "nobody knows yet" not in text


def test_whose_name_stands_on_the_list_was_seen_once_however_often_it_is_opened(
    hub: Hub, advisor: Visitor, call: int
) -> None:
    texts = [advisor.get(DESK).text for _ in range(2)]

    with hub.look() as session:
        seen = session.scalar(select(func.count()).where(AuditEntry.action == "customer_seen"))
    assert (["Mara Lindner" in text for text in texts], seen) == ([True, True], 1)


def test_a_double_click_notes_an_outcome_once(hub: Hub, advisor: Visitor, call: int) -> None:
    form = {"token": advisor.token(DESK), "outcome": "booked"}

    assert [advisor.post(f"{DESK}{call}", form).status_code for _ in range(2)] == [303, 303]

    assert outcome(hub) == ("booked", 1)


def test_who_is_left_alone_is_not_shown_and_cannot_be_noted(hub: Hub, advisor: Visitor, owner: Owner) -> None:
    hidden = a_call(hub, owner.customer_id, control=True)
    page = advisor.get(DESK)

    assert "Nobody is to be called today" in page.text
    form = {"token": advisor.token(DESK), "outcome": "booked"}
    assert advisor.post(f"{DESK}{hidden}", form).status_code == 404
    assert outcome(hub) == (None, 0)


def test_a_list_of_another_branch_is_not_there(hub: Hub, advisor: Visitor, call: int) -> None:
    with hub.begin() as work:
        work.session.execute(update(Role).where(Role.role == "advisor").values(branch="elsewhere"))
    form = {"token": advisor.token(DESK), "outcome": "booked"}

    assert advisor.get(DESK + "?branch=berlin-spree").status_code == 404
    assert advisor.post(f"{DESK}{call}", form).status_code == 404
    assert outcome(hub) == (None, 0)
