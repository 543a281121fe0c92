"""Files in a conversation: judged like any document, seen by both sides, and by nobody else."""

import io
import json
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from desks import Visitor, live
from hub.core import Hub
from hub.flow import conversations, documents, releases
from hub.flow.conversations import Words
from hub.models import Conversation, Customer, Document, Post
from kept import keep_one
from mine import Owner, an_owner, come_in
from papers import acting, film, paper, picture
from talking import an_advisor

NAME = "11111111-2222-3333-4444-555555555555"
PHOTO = picture(place="52.5, 13.4")


def send(who: Visitor, path: str, content: bytes, text: str = "", name: str = "wheel.jpg", **more: str) -> TestResponse:
    form = {"token": who.token("/my/" if path.startswith("/my/") else "/"), "text": text, **more}
    return who.post(path, {**form, "file": (io.BytesIO(content), name)})  # type: ignore[dict-item]


def write(customer: Visitor, content: bytes = PHOTO, text: str = "", **more: str) -> TestResponse:
    return send(customer, "/my/chat/", content, text, **{"client_id": NAME, **more})


def conversation(hub: Hub) -> Conversation:
    with hub.look() as session:
        return session.scalars(select(Conversation)).one()


def sent(hub: Hub) -> list[Document]:
    with hub.look() as session:
        return list(session.scalars(select(Document).order_by(Document.id)))


@pytest.fixture
def advisor(app: Flask, hub: Hub) -> Visitor:
    found = Visitor(app).sign_in(hub, "advisor", title="Jonas")
    an_advisor(hub, "Jonas")
    return found


def test_a_photo_without_words_stands_in_the_thread_of_both_and_goes_to_a_person(
    app: Flask, hub: Hub, customer: Visitor, advisor: Visitor
) -> None:
    assert write(customer).status_code == 303

    [row] = sent(hub)
    talk = conversation(hub)
    assert (row.state, row.media, row.kind) == ("released", "image/jpeg", "photo")
    mine, theirs = f"/my/documents/{row.ref}/file", f"/desk/inbox/{talk.ref}/files/{row.ref}"
    assert f'src="{mine}"' in customer.get("/my/chat/").text
    assert f'src="{theirs}"' in advisor.get(f"/desk/inbox/?c={talk.ref}").text
    for visitor, path in ((customer, mine), (advisor, theirs)):
        content = visitor.get(path, Sec_Fetch_Site="same-origin").get_data()
        assert content.startswith(b"\xff\xd8")
        assert b"Exif" not in content, "where it was taken stays at home"
    assert talk.state == "assigned", "the assistant has no eyes"
    assert "Jonas" in customer.get(f"/my/documents/{row.ref}").text, "each look is told"


def test_an_advisor_sends_a_paper_which_the_customer_keeps(hub: Hub, customer: Visitor, advisor: Visitor) -> None:
    write(customer, text="Please send me the offer.")
    talk = conversation(hub)

    answer = send(advisor, f"/desk/inbox/{talk.ref}/reply", paper(), "Here it is.", "offer.pdf")

    assert answer.status_code == 303
    row = sent(hub)[-1]
    assert (row.state, row.kind) == ("released", "paper")
    assert f"/my/documents/{row.ref}" in customer.get("/my/chat/").text
    assert customer.get(f"/my/documents/{row.ref}/file", Sec_Fetch_Site="same-origin").status_code == 200
    assert "offer" in customer.get("/my/documents/").text


def test_a_note_for_colleagues_holds_no_file(hub: Hub, customer: Visitor, advisor: Visitor) -> None:
    write(customer, text="hello")
    before = len(sent(hub))

    answer = send(advisor, f"/desk/inbox/{conversation(hub).ref}/note", paper(), "Looks bad.")

    assert answer.status_code == 422
    assert "A note holds no file." in answer.text
    assert len(sent(hub)) == before


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"<!doctype html><script>alert(1)</script>", "photo.png"), (b"MZ\x90\x00" + b"\0" * 99, "offer.pdf")],
)
def test_what_is_no_picture_inside_is_refused_in_words_and_the_message_stays_in_the_field(
    hub: Hub, customer: Visitor, content: bytes, name: str
) -> None:
    answer = send(customer, "/my/chat/", content, "Look at the left wheel", name, client_id=NAME)

    assert answer.status_code == 422
    assert "Nothing was stored." in answer.text
    assert "Look at the left wheel</textarea>" in answer.text
    assert sent(hub) == []
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Post)) == 0
    assert _files(hub) == 0


def _files(hub: Hub) -> int:
    return sum(1 for number in range(documents.SHELVES) for _ in hub.files.shelf(number))


def test_what_waits_for_the_scanner_is_told_and_opened_by_nobody(hub: Hub, customer: Visitor, advisor: Visitor) -> None:
    write(customer, acting("script"), "The contract")

    [row] = sent(hub)
    assert row.state == "checking"
    page = customer.get("/my/chat/").text
    assert "This file is being checked. Nobody can open it until then." in page
    assert f"/my/documents/{row.ref}/file" not in page
    path = f"/desk/inbox/{conversation(hub).ref}/files/{row.ref}"
    assert advisor.get(path, Sec_Fetch_Site="same-origin").status_code == 404


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: film(seconds=0.2), "Video</a>"),
        (lambda: film("mp4", "libx264")[:600], "This file is damaged or dangerous."),
    ],
    ids=["released", "refused"],
)
def test_a_file_that_was_checked_is_told_to_the_open_thread_and_its_post_is_drawn_anew(
    hub: Hub, customer: Visitor, make: Callable[[], bytes], words: str
) -> None:
    write(customer, make(), "How it sounds")
    seen = place_of(hub)

    assert releases.work_off(hub) == 1

    told = "".join(live(customer, hub, f"?since={seen}")).splitlines()
    [checked] = [json.loads(line[6:]) for line in told if line.startswith('data: {"place"')]
    assert "A file was checked." in checked["html"]
    assert f'data-seq="{checked["seq"]}"' in checked["again"]
    assert "How it sounds" in checked["again"]
    assert words in checked["again"]


def test_a_file_that_came_another_way_is_told_to_no_thread(hub: Hub, owner: Owner, customer: Visitor) -> None:
    write(customer)
    seen = place_of(hub)
    keep_one(hub, owner, "later", "video", film(seconds=0.2), date(2026, 4, 2))

    assert releases.work_off(hub) == 1

    assert place_of(hub) == seen


def place_of(hub: Hub) -> str:
    talk = conversation(hub)
    return f"{talk.ref}:{talk.seq}"


def test_sent_twice_is_one_message_with_one_document_and_another_file_under_its_name_is_refused(
    hub: Hub, customer: Visitor
) -> None:
    first, again = (write(customer, text="twice", Accept="application/json") for _ in range(2))

    assert (first.status_code, again.status_code) == (303, 303)
    assert len(sent(hub)) == 1
    assert _files(hub) == 1, "what came again is gone"
    assert write(customer, paper(), "twice").status_code == 422
    assert len(sent(hub)) == 1


def test_a_conversations_door_opens_to_what_came_along_with_it_and_to_nothing_else(
    app: Flask, hub: Hub, owner: Owner, customer: Visitor, advisor: Visitor
) -> None:
    write(customer)
    [row] = sent(hub)
    kept_apart = keep_one(hub, owner, "R-1", "invoice", paper(), date(2026, 4, 2))
    other = an_owner(hub, "C-18", "Nina Neu", "B NN 1")
    write(come_in(app, hub, other))
    [_, _, theirs] = sent(hub)
    with hub.look() as session:
        mine = session.scalars(select(Conversation.ref).where(Conversation.customer_id == owner.customer_id)).one()

    def status(document: str) -> int:
        return advisor.get(f"/desk/inbox/{mine}/files/{document}", Sec_Fetch_Site="same-origin").status_code

    assert status(row.ref) == 200
    assert [status(one) for one in (kept_apart, theirs.ref, "0" * 32)] == [404, 404, 404]


def test_a_post_that_names_somebody_elses_document_shows_nothing_of_it(
    app: Flask, hub: Hub, owner: Owner, customer: Visitor
) -> None:
    other = an_owner(hub, "C-18", "Nina Neu", "B NN 1")
    theirs = keep_one(hub, other, "R-1", "invoice", paper(), date(2026, 4, 2))
    with hub.begin() as work:
        row = work.session.get_one(Customer, owner.customer_id)
        conversations.write(hub, work, row, Words("look", None, [theirs]), "en")

    assert theirs not in customer.get("/my/chat/").text
