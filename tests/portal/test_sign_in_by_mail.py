"""Coming in by mail: who holds the address gets in, who asks learns nothing, and no secret lies about."""

import re
import shutil
from pathlib import Path
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select

import compliance
from connectors.mail import Mail
from desks import Clock, Visitor
from hub.core import Hub, Partner
from hub.flow import effects, outbox
from hub.models import Connection, Message, Person
from hub.sdk import Outcome, Push
from hub.settings import ConnectionSettings
from mine import Owner

CONFIG = Path(__file__).parents[2] / "config"
ADDRESS = "c-17@example.org"


class Letters:
    """The mails that would leave this minute."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def taken(self) -> list[Push]:
        partner = self.hub.partner("mails")
        with self.hub.begin() as work:
            claims = outbox.claim(work, partner, 20, 20.0)
            found = effects.render(self.hub, work, partner, claims)
            told = [Outcome(push.key, "sent") for _, push in found]
            outbox.settle(work, partner, [claim for claim, _ in found], told, self.hub.settings.timing, Random(1))
        return [push for _, push in found]

    def one(self) -> tuple[str, str]:
        """(code, path of the link)"""
        (push,) = self.taken()
        code = re.search(r"(\d{3}) (\d{3})", push.body["subject"])
        assert code
        return code[1] + code[2], push.body["button"]["url"].removeprefix("http://eu.localhost:8101")


@pytest.fixture
def letters(hub: Hub, owner: Owner) -> Letters:
    for folder in ("policies", "templates"):
        shutil.copytree(CONFIG / folder, hub.settings.config / folder, dirs_exist_ok=True)
    hub.plugins.register(compliance)
    with hub.begin() as work:
        row = work.add(
            Connection(name="mails", connector="mail", state="active", opened_at=work.now, failures=0, reason="")
        )
    settings = ConnectionSettings("mails", "mail", "eu", jurisdiction="DE", hears={"security": ("security",)})
    hub.partners["mails"] = Partner(row.id, settings, object.__new__(Mail))  # type: ignore[index]
    return Letters(hub)


def ask(visitor: Visitor, address: str = ADDRESS) -> str:
    answer = visitor.post("/sign-in", {"email": address})
    assert answer.status_code == 200
    text = answer.text
    answer.close()  # as a server does when all is sent; only now anything is done about it
    return text


def test_the_code_opens_in_the_browser_that_asked(letters: Letters, visitor: Visitor) -> None:
    ask(visitor, " C-17@Example.ORG ")
    code, _ = letters.one()

    answer = visitor.post("/sign-in/code", {"code": f"{code[:3]} {code[3:]}", "to": "/my/points/"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/points/")
    assert visitor.get("/my/").status_code == 200


def test_the_link_opens_in_the_browser_that_asked(letters: Letters, visitor: Visitor) -> None:
    ask(visitor)
    _, path = letters.one()

    assert "One step to go" in visitor.get(path).text
    assert visitor.post(path).status_code == 303
    assert visitor.get("/my/").status_code == 200


def test_neither_opens_anywhere_else(letters: Letters, visitor: Visitor, app: Flask) -> None:
    ask(visitor)
    code, path = letters.one()
    thief = Visitor(app)

    told = thief.get(path).text

    assert "in the browser that asked for it" in told
    assert thief.post(path).status_code == 410
    assert thief.post("/sign-in/code", {"code": code}).status_code == 422
    assert visitor.post("/sign-in/code", {"code": code}).status_code == 303, (
        "and it is still good where it was asked for"
    )


def test_who_asks_learns_nothing_of_who_is_known(letters: Letters, app: Flask) -> None:
    def plain(text: str) -> str:
        return re.sub(r'nonce="[^"]*"', "", text)

    known, unknown = plain(ask(Visitor(app))), plain(ask(Visitor(app), "nobody@example.org"))

    assert known == unknown
    assert len(letters.taken()) == 1


def test_a_code_is_not_guessed(letters: Letters, visitor: Visitor) -> None:
    ask(visitor)
    code, _ = letters.one()
    for guess in range(5):
        visitor.post("/sign-in/code", {"code": f"{(int(code) + guess + 1) % 10**6:06}"})

    assert visitor.post("/sign-in/code", {"code": code}).status_code == 422


def test_a_code_ends_after_ten_minutes_and_with_its_use(letters: Letters, visitor: Visitor, clock: Clock) -> None:
    ask(visitor)
    code, path = letters.one()
    visitor.post("/sign-in/code", {"code": code})
    used = visitor.post(path, {"token": visitor.token("/my/")})
    ask_again = Visitor(visitor.client.application)
    ask(ask_again)
    late, _ = letters.one()
    clock.pass_by(minutes=11)

    assert used.status_code == 410
    assert ask_again.post("/sign-in/code", {"code": late}).status_code == 422


def test_a_mailbox_is_not_filled_by_somebody_who_asks_and_asks(letters: Letters, app: Flask) -> None:
    for _ in range(5):
        ask(Visitor(app))

    assert len(letters.taken()) + len(letters.taken()) + len(letters.taken()) == 3


def test_a_mail_that_is_sent_too_late_says_nothing(letters: Letters, visitor: Visitor, hub: Hub, clock: Clock) -> None:
    ask(visitor)
    clock.pass_by(minutes=11)

    assert letters.taken() == []
    with hub.look() as session:
        assert session.scalars(select(Message.state).where(Message.topic == "security")).all() == ["refused"]


def test_no_secret_lies_about(letters: Letters, visitor: Visitor, hub: Hub) -> None:
    ask(visitor)
    code, path = letters.one()

    lying = b"".join(one.read_bytes() for one in hub.region.folder.rglob("*") if one.is_file())

    assert path.rpartition("/")[2].encode() not in lying
    assert code.encode() not in lying
    assert ADDRESS.encode() not in lying


def test_somebody_whose_data_rests_can_still_come_to_their_rights(
    letters: Letters, visitor: Visitor, hub: Hub, owner: Owner
) -> None:
    with hub.begin() as work:
        work.session.get_one(Person, owner.person_id).restricted_at = work.now
    ask(visitor)

    assert len(letters.taken()) == 1


def test_a_new_browser_is_told_of_and_a_known_one_is_not(letters: Letters, visitor: Visitor, app: Flask) -> None:
    def come(who: Visitor) -> list[str]:
        ask(who)
        code, _ = letters.one()
        who.post("/sign-in/code", {"code": code})
        return [push.body["subject"] for push in letters.taken()]

    assert come(visitor) == [], "the first one of all is nobody's surprise"
    visitor.post("/sign-out", {"token": visitor.token("/my/")})
    assert come(visitor) == []
    assert come(Visitor(app)) == ["A new browser is signed in as you"]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a b", "javascript:1"])
def test_one_is_led_to_pages_of_ours_only(letters: Letters, visitor: Visitor, to: str) -> None:
    ask(visitor)
    code, _ = letters.one()

    assert visitor.post("/sign-in/code", {"code": code, "to": to}).headers["Location"] == "/"


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "x" * 300 + "@example.org"])
def test_what_is_no_address_is_said_to_be_none(visitor: Visitor, address: str) -> None:
    answer = visitor.post("/sign-in", {"email": address})

    assert answer.status_code == 422
    assert "This is no e-mail address" in answer.text
