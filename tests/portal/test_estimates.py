"""A customer's estimates on their pages: yes or no to each line, bound to the version that was on the page."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from counting import counted
from desks import Visitor
from hub.core import Hub
from hub.models import AuditEntry, Estimate, EstimateLine
from hub.own import OWN
from mine import Owner, an_estimate, an_owner, come_in
from shops import folded


@pytest.fixture
def path(hub: Hub, owner: Owner) -> str:
    folded(hub, an_estimate(owner), partner=OWN)
    return f"/my/estimates/{row(hub).ref}"


def row(hub: Hub) -> Estimate:
    with hub.look() as session:
        return session.scalars(select(Estimate)).one()


def form(customer: Visitor, path: str, **lines: str) -> dict[str, str]:
    """What the page on the screen would send."""
    seen = re.search(r'name="seen" value="(\w+)"', customer.get(path).text)
    assert seen is not None
    chosen = {name.replace("_", "-"): value for name, value in lines.items()}
    return {"token": customer.token("/my/"), "seen": seen[1], **chosen}


YES_AND_NO = {"line_1": "approved", "line_2": "declined"}


def test_an_estimate_waits_on_the_start_page_and_tells_each_line_in_plain_words(customer: Visitor, path: str) -> None:
    assert path in customer.get("/my/").text
    assert path in customer.get("/my/estimates/").text

    text = customer.get(path).text

    assert "Front brake pads and discs" in text
    assert "It matters for safety. The car can be driven, but plan it in soon." in text
    assert "€289.00" in text
    assert "€478.00" in text, "all lines together"
    assert text.count('type="radio"') == 4


def test_the_list_asks_as_much_for_nine_estimates_as_for_one(
    hub: Hub, owner: Owner, customer: Visitor, path: str
) -> None:
    def asked() -> int:
        with counted(hub) as statements:
            assert customer.get("/my/estimates/").status_code == 200
        return len(statements)

    before = asked()
    first = an_estimate(owner)
    folded(hub, *(replace(first, key=f"{owner.number}-E{number}") for number in range(2, 10)), partner=OWN)

    text = customer.get("/my/estimates/").text
    assert text.count("/my/estimates/") >= 9
    assert "Škoda Octavia" in text
    assert asked() == before


def test_one_form_answers_all_lines_and_the_page_tells_what_was_said(hub: Hub, customer: Visitor, path: str) -> None:
    answer = customer.post(path, form(customer, path, **YES_AND_NO))

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?done=answered")
    text = customer.get(f"{path}?done=answered").text
    assert "Thank you. The garage has your answer" in text
    assert 'type="radio"' not in text
    assert "We do it" in text
    assert "Not today" in text
    assert "What you said yes to" in text
    assert "estimate waits" not in customer.get("/my/").text


def test_a_double_click_answers_once(hub: Hub, customer: Visitor, path: str) -> None:
    sent = form(customer, path, **YES_AND_NO)

    assert [customer.post(path, sent).status_code for _ in range(2)] == [303, 303]

    with hub.look() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "estimate_answered")).all()
    assert len(entries) == 1


def test_whoever_answers_second_sees_what_was_said_first(customer: Visitor, path: str) -> None:
    """Opened in two windows, and answered otherwise in the second."""
    second = {**form(customer, path, **YES_AND_NO), "line-2": "approved"}
    customer.post(path, form(customer, path, **YES_AND_NO))

    answer = customer.post(path, second)

    assert answer.status_code == 409
    assert "This estimate has been answered already." in answer.text
    assert "Not today" in answer.text
    assert 'type="radio"' not in answer.text


def test_a_version_that_changed_meanwhile_is_refused_and_the_new_one_shown(
    hub: Hub, customer: Visitor, owner: Owner, path: str
) -> None:
    sent = form(customer, path, **YES_AND_NO)
    folded(hub, an_estimate(owner, version=2, brakes=33_900), partner=OWN)

    answer = customer.post(path, sent)

    assert answer.status_code == 409
    assert "The garage has changed this estimate." in answer.text
    assert "€339.00" in answer.text
    assert "checked" not in answer.text, "each price is looked at anew"
    assert answers(hub) == [None, None]
    assert customer.post(path, form(customer, path, **YES_AND_NO)).status_code == 303


def test_a_line_without_an_answer_is_asked_for_and_the_others_are_kept(hub: Hub, customer: Visitor, path: str) -> None:
    answer = customer.post(path, form(customer, path, line_2="declined"))

    assert answer.status_code == 422
    assert "One line has no answer yet." in answer.text
    assert answer.text.count("checked") == 1
    assert answers(hub) == [None, None]


def test_somebody_elses_estimate_and_one_that_is_nowhere_are_the_same(app: Flask, hub: Hub, path: str) -> None:
    stranger = come_in(app, hub, an_owner(hub, "C-18", "Paul Brandt", "B XX 1"))
    missing = "/my/estimates/" + "0" * 32
    sent = {"token": stranger.token("/my/"), "seen": row(hub).content_hash.hex(), "line-1": "approved"}

    assert [stranger.get(one).status_code for one in (path, missing)] == [404, 404]
    assert [stranger.post(one, sent).status_code for one in (path, missing)] == [404, 404]
    assert path not in stranger.get("/my/estimates/").text


def answers(hub: Hub) -> list[str | None]:
    wanted = select(EstimateLine.answer).where(EstimateLine.withdrawn_at.is_(None)).order_by(EstimateLine.number)
    with hub.look() as session:
        return list(session.scalars(wanted))
