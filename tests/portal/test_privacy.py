"""The privacy page: as easy to stop as to allow, everything by one button, and what ends or hands over asks who it is."""

import io
import re
import zipfile

import pytest
from sqlalchemy import select

from compliance import requests
from compliance.consents import choices
from hub.models import Consent, ErasureRequest, Person, PersonRequest
from mine import an_owner, come_in


def post(customer, path, **form):
    return customer.post(f"/my/privacy/{path}", {"token": customer.token("/my/"), **form})


def is_on(hub, owner, purpose, channel):
    with hub.look() as session:
        found = choices(hub, session, owner.person_id)
    return next(one.is_on for one in found if (one.purpose.name, one.channel) == (purpose, channel))


def rows(hub, model):
    with hub.look() as session:
        return list(session.scalars(select(model)))


def test_stopping_takes_as_many_buttons_as_allowing(hub, customer, owner):
    page = customer.get("/my/privacy/").text
    texts = re.search(r'value="marketing"><input type="hidden" name="channel" value="sms">.*?</form>', page, re.DOTALL)[
        0
    ]
    assert texts.count("<button") == 1

    assert post(customer, "choice", purpose="marketing", channel="sms", say="yes").status_code == 303
    assert is_on(hub, owner, "marketing", "sms")
    texts = re.search(
        r'value="marketing"><input type="hidden" name="channel" value="sms">.*?</form>',
        customer.get("/my/privacy/").text,
        re.DOTALL,
    )[0]
    assert (texts.count("<button"), 'value="no"' in texts) == (1, True)

    assert post(customer, "choice", purpose="marketing", channel="sms", say="no").status_code == 303
    assert not is_on(hub, owner, "marketing", "sms")


def test_the_browsers_signal_is_heeded_on_the_first_page(hub, customer, owner):
    post(customer, "choice", purpose="sharing", channel="api", say="yes")

    page = customer.get("/my/", Sec_GPC="1")

    assert page.status_code == 200
    assert "Your browser asks every site" in customer.get("/my/privacy/", Sec_GPC="1").text
    assert not is_on(hub, owner, "sharing", "api")


def test_a_receipt_is_for_its_owner_alone(app, hub, customer, owner):
    [given] = rows(hub, Consent)
    assert customer.get(f"/my/privacy/receipts/{given.id}").get_json()["record_id"] == f"eu-{given.id}"

    stranger = come_in(app, hub, an_owner(hub, "C-18", "Jo Fremd", "B XX 1"))

    assert stranger.get(f"/my/privacy/receipts/{given.id}").status_code == 404


def test_everything_is_handed_over_to_a_fresh_session_only(hub, customer, clock):
    token = {"token": customer.token("/my/")}
    answer = customer.post("/my/privacy/download", token)
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert b"Mara Lindner" in archive.read("data.json")

    clock.pass_by(minutes=11)

    assert customer.post("/my/privacy/download", token).status_code == 401
    assert "Download everything" not in customer.get("/my/privacy/").text
    assert post(customer, "forget").status_code == 401
    assert rows(hub, ErasureRequest) == []


def test_to_be_forgotten_is_asked_once_and_shown(hub, customer):
    for _ in range(2):
        assert post(customer, "forget").status_code == 303

    assert [row.state for row in rows(hub, ErasureRequest)] == ["verified"]
    assert "You have asked for it." in customer.get("/my/privacy/").text


@pytest.mark.parametrize(
    ("kind", "form", "state"),
    [
        ("objection", {"scope": "marketing"}, "answered"), ("objection", {"scope": "profiling"}, "answered"),
        ("restriction", {}, "answered"), ("rectification", {"phone": "+49 30 99"}, "verified"),
        ("review", {"scope": "offers", "text": "I never wanted tyres"}, "verified"),
    ],
)  # fmt: skip
def test_every_right_is_a_button(hub, customer, kind, form, state):
    assert post(customer, f"ask/{kind}", **form).status_code == 303

    [row] = rows(hub, PersonRequest)
    assert (row.kind, row.state, row.came_by) == (kind, state, "portal")
    page = customer.get("/my/privacy/").text
    assert f"/my/privacy/withdraw/{row.ref}" in page


def test_what_binds_can_be_taken_back_and_nobody_elses(app, hub, customer, owner):
    post(customer, "ask/restriction")
    [row] = rows(hub, PersonRequest)
    stranger = come_in(app, hub, an_owner(hub, "C-18", "Jo Fremd", "B XX 1"))
    assert post(stranger, f"withdraw/{row.ref}").status_code == 404

    assert post(customer, f"withdraw/{row.ref}").status_code == 303

    with hub.look() as session:
        assert session.get_one(Person, owner.person_id).restricted_at is None


def test_an_answer_in_words_is_shown_to_who_asked(hub, customer):
    post(customer, "ask/review", scope="offers", text="Why?")
    [row] = rows(hub, PersonRequest)
    requests.answer(hub, row.ref, "petra", verdict="kept", text="You came four times for tyres.")

    assert "You came four times for tyres." in customer.get("/my/privacy/").text


def test_a_link_of_a_mail_shows_a_button_and_says_nothing_of_itself(visitor):
    page = visitor.get("/my/privacy/confirm/" + "0" * 32)

    assert (page.status_code, "Yes, confirm it" in page.text) == (200, True)
    assert visitor.post("/my/privacy/confirm/" + "0" * 32).status_code == 404


def test_an_unknown_language_and_kind_are_refused(customer):
    assert post(customer, "language", language="xx").status_code == 422
    assert post(customer, "language", language="de").status_code == 303
    assert post(customer, "ask/curiosity").status_code == 422
