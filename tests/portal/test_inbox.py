"""The inbox: what waits comes to whoever sits down, the most urgent first."""

from flask import Flask
from sqlalchemy import update

from desks import Visitor
from hub import clock as moving
from hub.core import Hub
from hub.models import Role
from mine import Owner
from talking import Talk


def test_what_waits_comes_to_the_advisor_who_sits_down_and_stays_in_the_queue_else(
    app: Flask, hub: Hub, owner: Owner
) -> None:
    talk = Talk(hub)
    talk.write()
    talk.hand_off()
    advisor = Visitor(app).sign_in(hub, "advisor")
    assert "Waits for somebody" in advisor.get("/desk/inbox/").text

    advisor.post("/desk/inbox/sit", {"token": advisor.token("/desk/inbox/"), "state": "here"})

    assert "Yours" in advisor.get("/desk/inbox/").text
    assert talk.row().state == "assigned"


def test_a_broken_promise_is_seen_in_the_list(app: Flask, hub: Hub, clock, owner: Owner) -> None:
    talk = Talk(hub)
    talk.write()
    talk.hand_off()
    clock.pass_by(hours=1)
    moving.attendance.tick(hub)

    assert "Late" in Visitor(app).sign_in(hub, "advisor").get("/desk/inbox/").text


def test_a_ref_that_is_none_and_a_deed_that_is_none_are_not_there(app: Flask, hub: Hub) -> None:
    advisor = Visitor(app).sign_in(hub, "advisor")
    token = advisor.token("/desk/inbox/")

    assert advisor.post("/desk/inbox/" + "0" * 32 + "/take", {"token": token}).status_code == 404
    assert advisor.post("/desk/inbox/" + "0" * 32 + "/burn", {"token": token}).status_code == 404


def test_conversations_of_another_branch_are_nowhere(app: Flask, hub: Hub, owner: Owner) -> None:
    ours, theirs = Talk(hub, branch="berlin-spree"), Talk(hub, branch="hamburg-hafen")
    for talk in (ours, theirs):
        talk.write()
        talk.hand_off()
    advisor = Visitor(app).sign_in(hub, "advisor")
    with hub.begin() as work:
        work.session.execute(update(Role).where(Role.role == "advisor").values(branch="berlin-spree"))
    token = advisor.token("/desk/inbox/")

    listed = advisor.get("/desk/inbox/").text
    opened = advisor.get(f"/desk/inbox/?c={theirs.row().ref}").text
    deeds = {
        ref: advisor.post(f"/desk/inbox/{ref}/take", {"token": token})
        for ref in (ours.row().ref, theirs.row().ref, "0" * 32)
    }

    assert (ours.row().ref in listed, theirs.row().ref in listed) == (True, False)
    assert theirs.row().ref not in opened
    assert [answer.status_code for answer in deeds.values()] == [303, 404, 404]
