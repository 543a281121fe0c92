"""A customer who writes and advisors who answer, each step a transaction of its own, as pages take it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from hub.access import principal_named
from hub.bell import Bell
from hub.core import Hub
from hub.flow import assigning, conversations, posts, seats
from hub.flow.conversations import Words
from hub.flow.values import value_context
from hub.models import Conversation, Customer, Person, PersonalValue, Principal, Profile, new_ref
from hub.work import Work

CANARY = "the hum is in the front left wheel of my Zoë-blue car"


class Typists(Bell):
    """What Valkey keeps for seconds, kept here."""

    def __init__(self, bell: Bell) -> None:
        super().__init__(bell.redis, "eu")
        self.now: set[tuple[str, int]] = set()

    def type(self, side: str, customer_id: int) -> None:
        self.now.add((side, customer_id))

    def typists(self, side: str) -> frozenset[int]:
        return frozenset(customer for whose, customer in self.now if whose == side)


class Talk:
    """One customer's conversation, seen from both sides."""

    def __init__(self, hub: Hub, language: str = "de", branch: str | None = None) -> None:
        self.hub, self.language = hub, language
        with hub.begin() as work:
            self.customer_id, self.principal_id = a_customer(work, language, branch)

    def write(self, text: str = CANARY, client_id: str | None = None) -> Any:
        with self.hub.begin() as work:
            customer = work.session.get_one(Customer, self.customer_id)
            return conversations.write(self.hub, work, customer, Words(text, client_id), self.language)

    def do(self, verb: Callable[..., Any], *arguments: Any) -> Any:
        """One of the flow's verbs on the locked conversation."""
        with self.hub.begin() as work:
            return verb(self.hub, work, posts.locked(work, self.row().ref), *arguments)

    def hand_off(self, cause: str = "asked") -> None:
        self.do(conversations.hand_off, cause, ["points"], "The customer hears a hum.")

    def reply(self, advisor: int, text: str = "I am on it.", client_id: str | None = None) -> Any:
        return self.do(conversations.reply, advisor, Words(text, client_id))

    def row(self) -> Conversation:
        with self.hub.look() as session:
            found = conversations.last_of(session, self.customer_id)
            assert found is not None
            return found

    def seen(self, *, staff: bool = False, since: int = 0) -> list[posts.Said]:
        with self.hub.look() as session:
            found = conversations.last_of(session, self.customer_id)
            assert found is not None
            return posts.read(self.hub, session, found, since, staff=staff)

    def story(self, *, staff: bool = False) -> list[str]:
        """Words and events in their order."""
        return [one.event or one.text for one in self.seen(staff=staff)]


REPLIES = """desk: front
title: Front desk
calendar: always
promises: {first: 15, next: 30, resolution: 960}
replies:
  on_it: {en: I am looking at it., de: Ich sehe es mir an., ar: أراجع الأمر الآن., th: กำลังตรวจสอบให้อยู่}
  send_a_photo:
    en: "Could you send me a photo of it, and say when you notice it: braking, turning, or all the time?"
  anything_else: {en: Is there anything else I can do for you?}
"""


def some_replies(hub: Hub) -> None:
    """The front desk as it is without a file, with prepared replies."""
    folder = hub.settings.config / "desks"
    folder.mkdir(exist_ok=True)
    (folder / "front.yaml").write_text(REPLIES, encoding="utf-8")


def mail_of(hub: Hub, talk: Talk, address: str) -> None:
    """Their address on file."""
    with hub.begin() as work:
        person = work.session.scalars(select(Person).join(Customer).where(Customer.id == talk.customer_id)).one()
        sealed = work.vault.seal(work.key(person.data_key_id), address.encode(), value_context(person.id, "email", 0))
        work.put(PersonalValue, person_id=person.id, field="email", about_id=0, sealed=sealed)


def a_customer(work: Work, language: str = "de", branch: str | None = None) -> tuple[int, int]:
    """(customer id, principal id) of somebody who can sign in."""
    key = work.new_key("person")
    person = work.add(Person(ref=new_ref(), jurisdiction="DE", data_key_id=key.id, made_at=work.now))
    customer = work.add(
        Customer(ref=new_ref(), person_id=person.id, language=language, branch=branch, made_at=work.now, version=1)
    )
    work.session.flush()
    work.add(Profile(customer_id=customer.id, jurisdiction="DE", visits_count=0, complaints_count=0, vehicles_count=0,
                     recommendations_open=0, recommendations_declined=0, appointments_missed=0, changed_at=work.now))  # fmt: skip
    principal = principal_named(work, f"customer {customer.ref[:6]}", ("customer",))
    principal.person_id = person.id
    work.session.flush()
    return customer.id, principal.id


def an_advisor(hub: Hub, title: str = "Jonas", *languages: str) -> int:
    """Somebody who sits at the inbox; their principal's id."""
    with hub.begin() as work:
        principal = principal_named(work, title, ("advisor",))
        work.session.flush()
        seats.sit(work, principal.id, list(languages or ("de", "en")))
        assigning.drain(hub, work)
        return principal.id


def a_talk(hub: Hub, customer_id: int, files: Sequence[str] = ()) -> str:
    """A conversation under way between a customer and the advisor of the pages' tests; its ref. files: refs of documents
    that come along with the customer's last words."""
    jonas = an_advisor(hub, "Theo Kranz")
    with hub.begin() as work:
        customer = work.session.get_one(Customer, customer_id)
        row, _, _ = conversations.write(hub, work, customer, Words(f"Good morning! {CANARY}."), "en")
        conversations.answer(work, row, "You have 29 points.\n20 of them end on 15 November 2027.", intents=["points"])
        conversations.hand_off(hub, work, row, "asked", ["points"], CANARY)
        conversations.reply(hub, work, row, jonas, Words("Does it change when you steer gently left and right?"))
        conversations.note(work, row, jonas, Words("Most likely the bearing."))
        conversations.write(
            hub, work, customer, Words("It gets quieter when I steer left.\nIs it safe to drive?", None, files), "en"
        )
        return row.ref


def principals(hub: Hub) -> dict[int, str]:
    with hub.look() as session:
        return {row.id: row.title for row in session.scalars(select(Principal))}


@pytest.fixture
def talk(hub: Hub) -> Talk:
    return Talk(hub)
