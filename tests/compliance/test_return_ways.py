"""Twelve ways by which somebody who was erased could come back, each walked to its end: none makes a person, and none keeps a word."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from compliance import erasure
from compliance.coming import Came
from hub.access import principal_named
from hub.core import Hub
from hub.errors import HubError
from hub.flow import bookings, conversations, mailed, reconcile
from hub.flow.conversations import Words
from hub.flow.sync import import_pages
from hub.models import Alias, Conversation, Customer, DataKey, Document, Link, Person, PersonalValue, Profile, Tombstone
from hub.sdk import CustomerKey, CustomerRecord, MailReply
from hub.targets import TARGETS
from hub.web.access import grant_token
from office import Crm
from partners import DICE, drain_all
from rules.mapping import load_mapping
from shops import BERLIN, a_row, folded

ANNA = {"name": "Anna Weiß", "email": "anna@example.org", "phone": "+493012345"}
MAPPING = """
mapping: people
record: customer
customer: {number: number}
key: [number]
fields: {name: name, email: {column: email}}
"""


@dataclass
class Ways:
    """The doors of one hub, for somebody of whom everything is known outside. ref: theirs, as a partner may have noted it."""

    hub: Hub
    client: Any
    tell: Any
    office: Crm
    folder: Any
    ref: str
    token: str

    def a_webhook_of_the_same_member(self) -> None:
        assert self.tell(member_id="m-C-1", customer_number="C-1", version=9, **ANNA).status_code == 202

    def a_webhook_under_a_new_number_of_the_partner(self) -> None:
        assert self.tell(member_id="m-new", customer_number="C-1", version=1, **ANNA).status_code == 202

    def a_webhook_that_knows_mail_and_phone_only(self) -> None:
        assert self.tell(member_id="m-other", version=1, **ANNA).status_code == 202

    def a_delivery_that_waited_in_the_inbox_meanwhile(self) -> None:
        drain_all(self.hub)  # it was kept before the erasure

    def a_file_that_is_imported(self) -> None:
        (self.folder / "people.yaml").write_text(MAPPING)
        (self.folder / "people.csv").write_text(f"number,name,email\nC-1,{ANNA['name']},{ANNA['email']}\n")
        files = self.hub.partners["files"]
        mapping = load_mapping(self.folder / "people.yaml", TARGETS)
        import_pages(self.hub, files, files.connector.read(self.folder / "people.csv", mapping), DICE)

    def a_customer_in_rows_of_the_garages_system(self) -> None:
        self._post("customers", [a_row("customer", key="C-1", number="C-1", **ANNA)])

    def a_visit_in_rows_of_the_garages_system(self) -> None:
        self._post("visits", [a_row("visit", customer="C-1", branch=BERLIN.code)])

    def a_change_in_the_log_of_the_crm(self) -> None:
        self.office.make(ref=self.ref, first="Anna", last="Weiß", mail=ANNA["email"], tel=ANNA["phone"])

    def the_full_list_of_the_crm(self) -> None:
        partner = self.hub.partners["crm"]
        reconcile.apply(self.hub, partner, reconcile.compare(self.hub, partner))

    def an_answer_to_a_mail_of_ours(self) -> None:
        with self.hub.begin() as work:
            mailed.take(
                self.hub, work, MailReply(entity=self.ref, key="ab" * 32, sender=ANNA["email"], text="It is me, Anna")
            )

    def words_in_a_chat_that_stayed_open(self) -> None:
        with suppress(HubError), self.hub.begin() as work:
            conversations.write(self.hub, work, self._customer(work.session), Words("It is me, Anna"), "de")

    def a_booking_on_a_page_that_stayed_open(self) -> None:
        wish = bookings.Wish(self.ref, None, BERLIN.code, self.hub.clock() + timedelta(days=1), "service", "once")
        with suppress(HubError), self.hub.begin() as work:
            bookings.book(self.hub, work, wish)

    def _post(self, plural: str, rows: list[dict[str, Any]]) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"call-{next(KEYS):08d}",
                   "Content-Type": "application/json"}  # fmt: skip
        answer = self.client.post(f"/api/v1/{plural}", data=json.dumps(rows).encode(), headers=headers)
        assert answer.status_code in (200, 202, 207), answer.get_json()

    def _customer(self, session: Any) -> Customer:
        return session.scalars(select(Customer).where(Customer.ref == self.ref)).one()


KEYS = count(1)
TWELVE = [name for name, way in vars(Ways).items() if callable(way) and not name.startswith("_")]
PERSONAL = (PersonalValue, Profile, Alias, Link, Conversation, Document)


def kept(hub: Hub) -> dict[str, int]:
    """Everything by which somebody would be there again."""
    with hub.look() as session:
        found = {model.__tablename__: session.scalar(select(func.count()).select_from(model)) for model in PERSONAL}
        keys = session.scalar(select(func.count()).select_from(Person).where(Person.data_key_id.is_not(None)))
        of_people = session.scalar(select(func.count()).select_from(DataKey).where(DataKey.owner_kind == "person"))
    return {**found, "people": keys, "keys": of_people}


@pytest.fixture
def ways(hub, client, told_by_club, office, tmp_path, told):
    """Anna is there, known to the club, to the garage's own system and to the CRM, with a delivery that still waits."""
    folded(hub, BERLIN)
    ref = told("C-1", email=ANNA["email"])
    folded(hub, CustomerRecord(customer=CustomerKey(partner_id="C-1", customer_number="C-1"), name=ANNA["name"]))
    with hub.begin() as work:
        shop = principal_named(work, "the shop", ())
        token = grant_token(work, shop, ["rows:write"], timedelta(days=1), "shop")
    told_by_club(member_id="m-C-1", customer_number="C-1", version=8, drain=False, **ANNA)
    return Ways(hub, client, told_by_club, office, tmp_path, ref, token)


def forget(hub: Hub, ref: str) -> None:
    request = erasure.intake(hub, ref, "portal", Came("desk"))
    erasure.verify(hub, request, "petra", "session")
    erasure.plan(hub, request, "petra")
    erasure.approve(hub, request, "paul")
    assert erasure.run(hub, request) == "certified"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_none_of_twelve_ways_brings_somebody_back_who_was_erased(hub, ways) -> None:
    forget(hub, ways.ref)
    before = kept(hub)

    assert len(TWELVE) == 12
    for name in TWELVE:
        getattr(ways, name)()
        drain_all(hub)
        assert kept(hub) == before, name


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "name", [one for one in TWELVE if one.startswith(("a_webhook", "a_file", "a_customer", "a_change"))]
)
def test_each_way_that_makes_people_makes_them_where_nobody_was_erased(hub, ways, name) -> None:
    """Else the one above would prove that the doors are shut, and not that the tombstones are heeded."""
    forget(hub, ways.ref)
    with hub.begin() as work:
        for row in work.session.scalars(select(Tombstone)):
            row.expires_at = work.now
    ways.ref = "0" * 32
    before = kept(hub)

    getattr(ways, name)()
    drain_all(hub)

    assert kept(hub)["people"] == before["people"] + 1
