"""A customer writes, an advisor answers, each on their own page; with and without a live line."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from desks import Visitor, live
from hub.core import Hub
from hub.models import Conversation, Post
from mine import Owner, an_owner, come_in
from talking import CANARY

NAME = "11111111-2222-3333-4444-555555555555"


def send(customer: Visitor, text: str = CANARY, name: str = NAME, **headers: str):
    return customer.post(
        "/my/chat/", {"token": customer.token("/my/chat/"), "text": text, "client_id": name}, **headers
    )


def ref_of(hub: Hub) -> str:
    with hub.look() as session:
        return session.scalars(select(Conversation.ref)).one()


@pytest.fixture
def advisor(app: Flask, hub: Hub) -> Visitor:
    found = Visitor(app).sign_in(hub, "advisor", title="Jonas Weber")
    found.post("/desk/inbox/sit", {"token": found.token("/desk/inbox/"), "state": "here"})
    return found


def test_words_are_on_the_page_and_an_answer_is_promised(customer: Visitor) -> None:
    page = customer.get("/my/chat/").text
    assert "Nothing has been said yet" in page
    assert "We are here. A first answer comes by" in page

    answer = send(customer)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/chat/#end")
    page = customer.get("/my/chat/").text
    assert CANARY in page
    assert "Your message waits for an advisor." in page


def test_the_form_sent_twice_is_one_message(hub: Hub, customer: Visitor) -> None:
    first, again = (send(customer, Accept="application/json") for _ in range(2))

    assert first.get_json() == again.get_json()
    with hub.look() as session:
        assert session.scalar(select(func.count()).where(Post.author == "customer")) == 1
    assert send(customer, "other words").status_code == 422


@pytest.mark.parametrize(("text", "name"), [("", NAME), ("x" * 4001, NAME), ("hello", ""), ("hello", "x' OR 1=1")])
def test_what_cannot_be_sent_is_answered_with_a_sentence(customer: Visitor, text: str, name: str) -> None:
    answer = send(customer, text, name)

    assert answer.status_code == 422
    assert "message" in answer.text


def test_words_are_text_whatever_they_look_like(customer: Visitor) -> None:
    send(customer, "<script>alert(1)</script>")

    assert "<script>alert(1)" not in customer.get("/my/chat/").text
    assert "&lt;script&gt;alert(1)" in customer.get("/my/chat/").text


def test_an_advisor_answers_notes_and_finishes(hub: Hub, customer: Visitor, advisor: Visitor) -> None:
    send(customer)
    ref, token = ref_of(hub), advisor.token("/desk/inbox/")
    page = advisor.get(f"/desk/inbox/?c={ref}").text
    assert CANARY in page
    assert "Yours" in page

    for deed, form in (("note", {"text": "Ask Olga"}), ("reply", {"text": "Please come by"}), ("close", {})):
        assert advisor.post(f"/desk/inbox/{ref}/{deed}", {"token": token, **form}).status_code == 303

    seen = customer.get("/my/chat/").text
    assert "Please come by" in seen
    assert "Ask Olga" not in seen
    assert "This conversation is finished." in seen
    assert "Ask Olga" in advisor.get(f"/desk/inbox/?c={ref}").text


def test_another_advisor_cannot_answer_in_somebody_elses_conversation(
    app: Flask, hub: Hub, customer: Visitor, advisor: Visitor
) -> None:
    send(customer)
    other = Visitor(app).sign_in(hub, "advisor", title="Olga")

    answer = other.post(f"/desk/inbox/{ref_of(hub)}/reply", {"token": other.token("/desk/inbox/"), "text": "me too"})

    assert answer.status_code == 403


def test_a_customer_sees_their_own_conversation_and_nobody_elses(
    app: Flask, hub: Hub, owner: Owner, customer: Visitor
) -> None:
    send(customer)
    other = come_in(app, hub, an_owner(hub, "C-18", "Paul Brandt", "B XX 1"))

    assert CANARY not in other.get("/my/chat/").text
    assert CANARY not in "".join(live(other, hub, f"?since={ref_of(hub)}:0"))


def test_the_live_line_goes_on_from_the_place_the_browser_names(hub: Hub, customer: Visitor) -> None:
    send(customer, "one")
    ref = ref_of(hub)

    told = "".join(live(customer, hub, "", Last_Event_ID=f"{ref}:2"))

    assert re.findall(r"^id: (.*)$", told, re.MULTILINE) == [f"{ref}:3", f"{ref}:4"]
    assert "one" not in told
    assert told.endswith("event: end\ndata: {}\n\n"), "the session was revoked meanwhile"


def test_a_page_whose_line_is_cut_off_asks_for_news_from_its_place_on(hub: Hub, customer: Visitor) -> None:
    send(customer, "one")
    ref = ref_of(hub)

    told = customer.get(f"/my/chat/news?since={ref}:2").get_json()["posts"]

    assert [one["place"] for one in told] == [f"{ref}:3", f"{ref}:4"]
    assert "waits for an advisor" in told[-1]["html"]
    assert customer.get(f"/my/chat/news?since={ref}:4").get_json() == {"posts": []}
