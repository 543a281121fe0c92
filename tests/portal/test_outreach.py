"""The list of today's calls at the desk: whom, why in a sentence, what came of it; only for one's own branch."""

import csv
import io
import re

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from called import a_call, may_be_called, some_proof, some_scores, some_words
from desks import Visitor
from hub.core import Hub
from hub.flow import scores
from hub.models import Appointment, AuditEntry, Customer, Outreach, Role, Vehicle
from hub.sdk import Trained
from mine import Owner, a_newcomer, an_owner

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


def test_each_figure_stands_on_the_page_beside_what_came_true_since(hub: Hub, advisor: Visitor, owner: Owner) -> None:
    with hub.look() as session:
        car = session.scalars(select(Vehicle.id).where(Vehicle.ref == owner.cars[0])).one()
    people = [owner.customer_id, *(a_newcomer(hub, f"C-{number}").customer_id for number in range(30, 40))]
    some_proof(hub, people, car)

    text = advisor.get(DESK).text

    for words in (
        "Calls that came true",
        "More often than by lot",
        "(AUC)",
        "(average precision)",
        "(Brier score)",
        "(calibration error)",
    ):
        assert words in text
    assert len(re.findall(r'<rect class="before"', text)) == len(re.findall(r'<rect class="band"', text)) == 6
    assert (
        "Since then 33% of 75 calls were. Of 15 left alone it was 33%. Whether a call adds something is not proved yet."
        in re.sub(r"\s+", " ", text)
    )
    lines = list(csv.DictReader(io.StringIO(advisor.get(DESK + "accuracy.csv").text)))
    assert [(one["measure"], one["source"]) for one in lines] == [
        (name, source) for name in ("precision", "lift", "auc", "ap", "brier", "ece") for source in ("backtest", "live")
    ]
    assert all(float(one["low"]) <= float(one["value"]) <= float(one["high"]) for one in lines)
    assert (lines[0]["value"], lines[0]["calls"], lines[1]["calls"], lines[5]["calls"]) == ("0.482", "190", "75", "90")


def test_whose_name_stands_on_the_list_was_seen_once_however_often_it_is_opened(
    hub: Hub, advisor: Visitor, call: int
) -> None:
    texts = [advisor.get(DESK).text for _ in range(2)]

    with hub.look() as session:
        seen = session.scalar(select(func.count()).where(AuditEntry.action == "customer_seen"))
    assert (["Mara Lindner" in text for text in texts], seen) == ([True, True], 1)


def test_opening_the_page_makes_no_list_and_the_form_makes_one_as_long_as_it_says(
    hub: Hub, advisor: Visitor, owner: Owner
) -> None:
    may_be_called(hub)
    some_scores(hub, owner.customer_id)
    give_up_appointments(hub)

    assert "Today’s list is not made yet" in advisor.get(DESK).text
    assert listed(hub) == 0
    answer = advisor.post(DESK, {"token": advisor.token(DESK), "calls": "1"})
    assert (answer.status_code, listed(hub)) == (303, 1)
    assert "Mara Lindner" in advisor.get(answer.headers["Location"]).text
    for wrong in ("0", "201", "-1", "١", ""):
        assert advisor.post(DESK, {"token": advisor.token(DESK), "calls": wrong}).status_code == 422, wrong


def test_the_list_is_filtered_by_its_address_and_taken_along_as_it_is_filtered(
    hub: Hub, advisor: Visitor, call: int, owner: Owner
) -> None:
    other = an_owner(hub, "C-18", "=HYPERLINK(1)", "B XY 1")
    a_call(hub, other.customer_id, rank=2, outcome="later", outcome_by="principal:1")

    names = {
        query: names_on(advisor, query)
        for query in ("", "?outcome=open", "?outcome=later&by=principal:1", "?outcome=booked")
    }
    assert names == {"": (True, True), "?outcome=open": (True, False), "?outcome=later&by=principal:1": (False, True),
                     "?outcome=booked": (False, False)}  # fmt: skip
    lines = list(csv.DictReader(io.StringIO(advisor.get(DESK + "list.csv?outcome=later").text)))
    assert [(one["rank"], one["name"], one["expected"], one["outcome"]) for one in lines] == [
        ("2", "'=HYPERLINK(1)", "18.00", "later")
    ]


def test_what_to_say_first_is_in_the_customers_language_and_a_danger_has_words_of_its_own(
    hub: Hub, advisor: Visitor, owner: Owner
) -> None:
    some_words(hub)
    with hub.begin() as work:
        work.session.execute(update(Customer).where(Customer.id == owner.customer_id).values(language="de"))
    a_call(hub, owner.customer_id)

    assert (
        '<blockquote class="say" lang="de" dir="auto">Guten Tag, spreche ich mit Mara Lindner?'
        in advisor.get(DESK).text
    )
    with hub.begin() as work:
        work.session.execute(update(Outreach).values(safety=True))
    assert "das die Sicherheit betrifft" in advisor.get(DESK).text


def test_whoever_notes_an_outcome_is_led_to_the_next_open_call(hub: Hub, advisor: Visitor, call: int) -> None:
    third = a_call(hub, an_owner(hub, "C-19", "Ada", "B XY 2").customer_id, rank=3)
    a_call(hub, an_owner(hub, "C-18", "Eve", "B XY 1").customer_id, rank=2, outcome="later")

    answer = advisor.post(f"{DESK}{call}?outcome=open", {"token": advisor.token(DESK), "outcome": "booked"})

    assert answer.headers["Location"].endswith(f"/desk/outreach/?branch=berlin-spree&outcome=open&begin={third}")
    assert re.findall(r'id="call-(\d+)"[^>]* autofocus', advisor.get(answer.headers["Location"]).text) == [str(third)]


def test_a_call_to_begin_with_that_is_not_on_the_page_leaves_the_first_open_one(
    hub: Hub, advisor: Visitor, call: int
) -> None:
    for asked in ("?begin=987654", "?begin=-1", "?begin=x"):
        assert re.findall(r'id="call-(\d+)"[^>]* autofocus', advisor.get(DESK + asked).text) == [str(call)]


def names_on(advisor: Visitor, query: str) -> tuple[bool, bool]:
    text = advisor.get(DESK + query).text
    return "Mara Lindner" in text, "HYPERLINK" in text


def listed(hub: Hub) -> int:
    with hub.look() as session:
        return session.scalar(select(func.count()).select_from(Outreach)) or 0


def give_up_appointments(hub: Hub) -> None:
    with hub.begin() as work:
        work.session.execute(update(Appointment).values(state="cancelled"))


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
