"""The inbox: what waits comes to whoever sits down, the most urgent first."""

import re

import pytest
from flask import Flask
from sqlalchemy import select, update

from desks import Visitor
from hub import clock as moving
from hub.core import Hub
from hub.models import AuditEntry, Role
from mine import Owner
from portal import inbox
from talking import CANARY, Talk, some_replies


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


def test_prepared_words_are_offered_in_the_customers_language_and_begin_the_answer(
    app: Flask, hub: Hub, owner: Owner
) -> None:
    some_replies(hub)
    talk, advisor = Talk(hub, language="de"), Visitor(app).sign_in(hub, "advisor")
    talk.write()
    talk.hand_off()
    here = f"/desk/inbox/?c={talk.row().ref}"
    assert "Prepared replies" not in advisor.get(here).text, "whose it is not answers nothing"

    advisor.post("/desk/inbox/sit", {"token": advisor.token("/desk/inbox/"), "state": "here"})
    text = advisor.get(here).text

    assert ("Ich sehe es mir an." in text, "I am looking at it." in text) == (True, False)
    assert re.search(
        r'<textarea id="say"[^>]*>Ich sehe es mir an\.</textarea>', advisor.get(f"{here}&reply=on_it").text
    )
    assert re.search(r'<textarea id="say"[^>]*></textarea>', advisor.get(f"{here}&reply=unknown").text)


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


def test_the_list_is_narrowed_by_its_address_and_stays_so_after_a_deed(app: Flask, hub: Hub, owner: Owner) -> None:
    talk = Talk(hub)
    talk.write()
    talk.hand_off()
    advisor, ref = Visitor(app).sign_in(hub, "advisor"), talk.row().ref
    page = "/desk/inbox/?state=waiting"
    assert ref in advisor.get(page).text
    assert ref not in advisor.get("/desk/inbox/?state=mine").text

    went_to = advisor.post(f"/desk/inbox/{ref}/take?state=waiting", {"token": advisor.token(page)}).headers["Location"]

    assert went_to == f"/desk/inbox/?c={ref}&state=waiting"
    assert "Nobody waits" in advisor.get(page).text
    advisor.post(f"/desk/inbox/{ref}/close", {"token": advisor.token(page)})
    assert ref in advisor.get("/desk/inbox/?state=closed").text, "what is finished is found again"


def test_what_goes_beyond_a_page_is_linked_by_its_place(
    app: Flask, hub: Hub, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "SHOWN", 1)
    talks = [Talk(hub), Talk(hub)]
    for talk in talks:
        talk.write()
        talk.hand_off()
    advisor = Visitor(app).sign_in(hub, "advisor")

    first = advisor.get("/desk/inbox/").text
    more = re.search(r'href="(/desk/inbox/\?after=[^"]+)" rel="next"', first)
    assert more
    second = advisor.get(more[1]).text

    refs = [talk.row().ref for talk in talks]
    assert [ref in first for ref in refs] == [True, False]
    assert [ref in second for ref in refs] == [False, True]
    assert "To the first page" in second
    assert 'rel="next"' not in second


def test_the_table_has_what_the_filter_leaves_and_no_word_of_anybody(app: Flask, hub: Hub, owner: Owner) -> None:
    for language in ("de", "en"):
        talk = Talk(hub, language)
        talk.write()
    talk.hand_off()
    advisor = Visitor(app).sign_in(hub, "advisor")

    told = advisor.get("/desk/inbox/list.csv?state=waiting").text

    [heads, row] = [line.split(",") for line in told.splitlines()]
    assert dict(zip(heads, row, strict=True))["conversation"] == talk.row().ref
    assert CANARY not in told
    assert audited(hub, "inbox_table_taken") == 1


def test_that_somebody_read_a_conversation_is_written_down_once_a_day(app: Flask, hub: Hub, owner: Owner) -> None:
    talk = Talk(hub)
    talk.write()
    advisor = Visitor(app).sign_in(hub, "advisor")
    advisor.get("/desk/inbox/")
    assert audited(hub, "customer_seen") == 0, "the list names nobody"

    for _ in range(2):
        assert CANARY in advisor.get(f"/desk/inbox/?c={talk.row().ref}").text

    assert audited(hub, "customer_seen") == 1


def audited(hub: Hub, action: str) -> int:
    with hub.look() as session:
        return len(session.scalars(select(AuditEntry.id).where(AuditEntry.action == action)).all())
