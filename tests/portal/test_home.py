"""The region's front door."""

from flask import Flask

from desks import Clock, Visitor
from hub.core import Hub


def test_a_stranger_is_told_what_this_is_and_where_to_go(visitor: Visitor) -> None:
    text = visitor.get("/").text

    assert 'href="/sign-in"' in text
    assert ">eu<" in text
    assert "/operations/" not in text


def test_an_operator_is_shown_the_desk(operator: Visitor) -> None:
    assert 'href="/operations/"' in operator.get("/").text


def test_who_has_no_desk_yet_is_told_so(app: Flask, hub: Hub) -> None:
    text = Visitor(app).sign_in(hub).get("/").text

    assert "No desk opens to your role yet" in text
    assert "/operations/" not in text


def test_a_name_is_shown_as_text(app: Flask, hub: Hub) -> None:
    text = Visitor(app).sign_in(hub, "advisor", title="<i>Ana</i>").get("/").text

    assert "<i>Ana" not in text
    assert "&lt;i&gt;Ana" in text


def test_whoever_uses_a_page_keeps_the_session_and_is_answered_nothing(
    hub: Hub, clock: Clock, operator: Visitor
) -> None:
    for _ in range(3):
        clock.pass_by(minutes=20)
        answer = operator.get("/here")
        assert (answer.status_code, answer.data) == (204, b"")

    assert operator.get("/operations/").status_code == 200, "an hour later, and idle for half an hour ends it"
    assert "here.js" in operator.get("/operations/").text
    clock.pass_by(minutes=31)
    assert operator.get("/operations/").status_code == 401
