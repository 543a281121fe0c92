"""Passkeys, sessions, and the proof that what can do harm asks for."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from authenticator import PRESENT, Authenticator
from desks import HOST, Clock, Visitor
from hub.core import Hub
from hub.models import Passkey, Session
from mine import Owner, come_in


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(HOST, "eu.localhost")


def with_passkey(customer: Visitor, device: Authenticator) -> Visitor:
    answer = customer.post("/account/passkeys", {"token": token(customer), "answer": device.make(made_for(customer))})
    assert answer.status_code == 303, answer.text
    return customer


def token(visitor: Visitor) -> str:
    return visitor.token("/account/")


def made_for(customer: Visitor) -> dict[str, Any]:
    return json.loads(customer.post("/account/passkeys/offer", {"token": token(customer)}).data)  # type: ignore[no-any-return]


def sign_in(app: Flask, device: Authenticator) -> tuple[Visitor, Any]:
    visitor = Visitor(app)
    offered = json.loads(visitor.post("/sign-in/passkey/offer").data)
    return visitor, visitor.post("/sign-in/passkey", {"answer": device.sign(offered), "to": "/my/points/"})


def test_a_passkey_made_here_signs_in_and_leads_where_one_wanted(
    customer: Visitor, app: Flask, device: Authenticator
) -> None:
    with_passkey(customer, device)

    visitor, answer = sign_in(app, device)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/points/")
    assert "by passkey" in visitor.get("/account/").text


def test_an_offer_to_sign_in_names_nobody(customer: Visitor, app: Flask, device: Authenticator) -> None:
    with_passkey(customer, device)

    offered = json.loads(Visitor(app).post("/sign-in/passkey/offer").data)

    assert not offered.get("allowCredentials")
    assert offered["userVerification"] == "required"


def test_an_answer_counts_once(customer: Visitor, app: Flask, device: Authenticator) -> None:
    with_passkey(customer, device)
    visitor = Visitor(app)
    answer = device.sign(json.loads(visitor.post("/sign-in/passkey/offer").data))

    first = visitor.post("/sign-in/passkey", {"answer": answer})
    again = visitor.post("/sign-in/passkey", {"answer": answer, "token": visitor.token("/account/")})

    assert (first.status_code, again.status_code) == (303, 422)


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"flags": PRESENT}, {"uses": -2}],
    ids=["signed on another page", "for another host", "nobody verified", "a copy that counts from before"],
)
def test_a_passkey_that_is_not_quite_right_opens_nothing(
    customer: Visitor, app: Flask, device: Authenticator, wrong: dict[str, Any]
) -> None:
    device.uses = 5
    with_passkey(customer, device)
    changed = replace(device, **({"uses": 5 + wrong["uses"]} if "uses" in wrong else wrong))

    visitor, answer = sign_in(app, changed)

    assert answer.status_code == 422
    assert visitor.get("/my/").status_code == 401


def test_a_challenge_belongs_to_the_browser_that_asked_and_ends(
    customer: Visitor, app: Flask, device: Authenticator, clock: Clock
) -> None:
    with_passkey(customer, device)
    asked, other = Visitor(app), Visitor(app)
    stolen = device.sign(json.loads(asked.post("/sign-in/passkey/offer").data))
    late = device.sign(json.loads(other.post("/sign-in/passkey/offer").data))

    assert other.post("/sign-in/passkey", {"answer": stolen}).status_code == 422
    clock.pass_by(minutes=6)
    assert other.post("/sign-in/passkey", {"answer": late}).status_code == 422


@pytest.mark.parametrize("answer", ["", "{}", "[]", '{"id": 1}', "{" * 9, '{"response": {"clientDataJSON": "e30"}}'])
def test_an_answer_that_makes_no_sense_is_said_to_open_nothing(app: Flask, answer: str) -> None:
    got = Visitor(app).post("/sign-in/passkey", {"answer": answer})

    assert got.status_code == 422
    assert "does not open anything here" in got.text


def test_a_removed_passkey_opens_nothing_and_nobody_removes_anothers(
    customer: Visitor, app: Flask, hub: Hub, device: Authenticator
) -> None:
    with_passkey(customer, device)
    stranger = Visitor(app).sign_in(hub, "operator")
    with hub.look() as session:
        number = session.scalars(select(Passkey.id)).one()

    foreign = stranger.post(f"/account/passkeys/{number}/remove", {"token": token(stranger)})
    own = customer.post(f"/account/passkeys/{number}/remove", {"token": token(customer)})

    assert (foreign.status_code, own.status_code) == (404, 303)
    assert sign_in(app, device)[1].status_code == 422


def test_what_can_do_harm_asks_for_a_fresh_proof(
    customer: Visitor, app: Flask, device: Authenticator, clock: Clock
) -> None:
    with_passkey(customer, device)
    clock.pass_by(minutes=11)

    refused = customer.post("/account/passkeys/offer", {"token": token(customer)})
    asked = customer.get("/account/passkeys/new")

    assert (refused.status_code, asked.status_code) == (401, 401)
    assert customer.post("/account/sessions/end", {"token": token(customer)}).status_code == 401
    assert "is it you" in asked.text
    assert 'value="/account/passkeys/new"' in asked.text, "and leads back"

    answer = device.sign(json.loads(customer.post("/sign-in/passkey/offer", {"token": token(customer)}).data))
    proved = customer.post("/sign-in/passkey", {"answer": answer, "token": token(customer), "to": "/account/"})

    assert proved.status_code == 303
    assert customer.post("/account/passkeys/offer", {"token": token(customer)}).status_code == 200


def test_a_session_is_ended_from_another_one(app: Flask, hub: Hub, owner: Owner) -> None:
    phone, desk = come_in(app, hub, owner), come_in(app, hub, owner)
    with hub.look() as session:
        first = session.scalars(select(Session.id).order_by(Session.id)).first()

    ended = desk.post(f"/account/sessions/{first}/end", {"token": token(desk)})

    assert ended.status_code == 303
    assert (phone.get("/my/").status_code, desk.get("/my/").status_code) == (401, 200)


def test_nobody_ends_the_session_of_somebody_else(app: Flask, hub: Hub, customer: Visitor) -> None:
    operator = Visitor(app).sign_in(hub, "operator")
    with hub.look() as session:
        mine = session.scalars(select(Session.id).order_by(Session.id)).first()

    answer = operator.post(f"/account/sessions/{mine}/end", {"token": token(operator)})

    assert answer.status_code == 404
    assert customer.get("/my/").status_code == 200


def test_all_others_end_at_once(app: Flask, hub: Hub, owner: Owner) -> None:
    others, here = [come_in(app, hub, owner) for _ in range(3)], come_in(app, hub, owner)

    here.post("/account/sessions/end", {"token": token(here)})

    assert [one.get("/my/").status_code for one in (*others, here)] == [401, 401, 401, 200]
