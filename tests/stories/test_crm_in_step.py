"""A garage and its HubSpot, edited on both sides: what one says the other hears, once, and who won is written down."""

import pytest

from hub.flow import conflicts, inbox, reconcile
from hub.flow.pipeline import process
from hub.models import Agreement, Conflict, Customer, DeadLetter, Delivery, Link, Message, Person
from hubspots import customers, from_the_shop
from office import rows, we_edit
from partners import DICE

ANNA = {"firstname": "Anna", "lastname": "Berg", "email": "anna@example.org", "phone": "+49301", "address": "Weg 1"}


def test_a_contact_made_at_hubspot_becomes_one_customer_and_nothing_goes_back(portal, hub):
    number = portal.make(**ANNA)

    portal.work()

    assert [(one["given_name"], one["email"]) for one in customers(hub)] == [("Anna", "anna@example.org")]
    assert portal.writes() == []
    assert portal.properties(number)["firstname"] == "Anna"
    assert {one.state for one in rows(hub, Delivery)} == {"done"}


def test_an_edit_at_hubspot_is_here_with_the_webhook_and_an_edit_here_is_there_with_the_next_write(portal, hub):
    number = portal.make(**ANNA)
    portal.work()

    portal.edit(number, address="Neue Straße 7")
    portal.work(rounds=1, seconds=1)
    assert customers(hub)[0]["address"] == "Neue Straße 7"

    we_edit(hub, phone="+49 40 99")
    portal.work(rounds=2, seconds=6)
    assert portal.properties(number)["phone"] == "+494099"
    assert portal.writes() == [("fields", "phone")]


def test_our_own_writes_come_back_by_webhook_and_by_pull_and_are_no_news(portal, hub):
    portal.make(**ANNA)
    portal.work()
    before = len(rows(hub, Message))

    we_edit(hub, email="new@example.org")
    portal.work(rounds=12)

    assert portal.writes() == [("fields", "email")]
    assert len(rows(hub, Message)) == before + 1
    assert rows(hub, Conflict) == []


def test_whoever_the_garage_tells_of_is_made_at_hubspot_once_with_all_fields_and_is_not_made_again_here(portal, hub):
    from_the_shop(hub, name="Ben Au", email="ben@example.org", phone="+49 30 7")

    portal.work(seconds=6)

    (number,) = portal.numbers()
    found = portal.properties(number)
    assert (found["firstname"], found["email"], found["phone"]) == ("Ben", "ben@example.org", "+49307")
    assert len(customers(hub)) == 1
    mine = [one for one in rows(hub, Message) if one.connection_id == hub.partners["crm"].id]
    assert [(one.topic, one.state) for one in mine] == [("set_fields", "sent"), ("segment_entered", "sent")]


def test_a_webhook_that_is_quicker_than_our_own_settling_makes_nobody_twice(portal, hub):
    """HubSpot tells of a contact that we made before we know its number: it is read, and our ref says who it is."""
    portal.hub.partners["crm"].connector.app_id = ""  # as if the events did not say whose they are
    from_the_shop(hub, name="Ben Au", email="ben@example.org")
    ref = rows(hub, Customer)[0].ref
    portal.act(lambda books: books.create("contacts", {"garage_ref": ref, "firstname": "Ben", "lastname": "Au"}))

    portal.tell()
    process(hub, hub.partners["crm"], DICE)
    assert {one.reason for one in rows(hub, Delivery)} == {inbox.UNMET}
    portal.work(seconds=6)

    assert len(customers(hub)) == 1
    assert len([one for one in rows(hub, Link) if one.connection_id == hub.partners["crm"].id]) == 1
    assert portal.properties(portal.numbers()[0])["email"] == "ben@example.org"


def test_both_sides_edit_one_field_the_newest_stands_on_both_and_the_other_is_explained(portal, hub):
    number = portal.make(**ANNA)
    portal.work()

    we_edit(hub, email="ours@example.org")
    portal.clock.pass_by(seconds=2)
    portal.edit(number, email="theirs@example.org")
    portal.work()

    assert customers(hub)[0]["email"] == portal.properties(number)["email"] == "theirs@example.org"
    (conflict,) = rows(hub, Conflict)
    assert (conflict.field, conflict.rule, conflict.won) == ("email", "newest", "theirs")
    with hub.begin() as work:
        key = work.session.get_one(Person, conflict.person_id).data_key_id
        told = conflicts.told(work, work.session.get_one(Conflict, conflict.id), key)
    assert (told["ours"], told["theirs"]) == ("ours@example.org", "theirs@example.org")


def test_a_segment_told_later_does_not_overwrite_what_people_at_hubspot_wrote(portal, hub):
    from_the_shop(hub, name="Ben Au", email="ben@example.org")
    portal.work(seconds=6)
    (number,) = portal.numbers()

    portal.edit(number, firstname="Benjamin")
    from_the_shop(hub, number="C-1", name="Ben Au", email="ben@example.org", phone="+49 30 1")
    portal.work(seconds=6)

    assert portal.properties(number)["firstname"] == "Benjamin"
    assert (customers(hub)[0]["given_name"], portal.properties(number)["phone"]) == ("Benjamin", "+49301")


def test_an_archived_contact_is_told_nothing_and_is_not_made_again(portal, hub):
    number = portal.make(**ANNA)
    portal.work()
    portal.act(lambda books: books.archive("contacts", number))
    portal.work(rounds=1)

    we_edit(hub, email="later@example.org")
    portal.work(seconds=6)
    assert portal.numbers() == []

    portal.act(lambda books: books.restore("contacts", number))
    portal.work(seconds=6)
    assert portal.properties(number)["email"] == "later@example.org"


def test_an_address_that_another_contact_has_is_kept_out_and_nothing_dies(portal, hub):
    portal.make(firstname="Eva", email="home@example.org")
    number = portal.make(**ANNA)
    portal.work()

    we_edit(hub, 1, email="home@example.org", phone="+49 1")
    portal.work(rounds=6, seconds=30)

    assert (portal.properties(number)["phone"], portal.properties(number)["email"]) == ("+491", "anna@example.org")
    assert rows(hub, DeadLetter) == []
    report = reconcile.compare(hub, hub.partners["crm"])
    assert (report.clean, report.open) == (True, 1)


@pytest.mark.parametrize("anew", [False, True], ids=["into the first", "into a new record"])
def test_a_merge_at_hubspot_is_followed_and_what_is_written_later_goes_to_the_one_that_lives_on(portal, hub, anew):
    kept, gone = portal.make(**ANNA), portal.make(firstname="A.", lastname="Berg", email="a@example.org")
    portal.work()

    lives = portal.act(lambda books: books.merge("contacts", kept, gone, anew))["id"]
    portal.work(rounds=1)
    we_edit(hub, 1, phone="+49 5")
    we_edit(hub, 0, phone="+49 6")
    portal.work(seconds=6)

    assert (portal.numbers(), portal.properties(lives)["phone"]) == ([lives], "+496")
    assert {one.state for one in rows(hub, Agreement)} == {"live", "merged"}


def test_one_that_is_told_as_deleted_before_its_merge_lives_on(portal, hub):
    kept, gone = portal.make(**ANNA), portal.make(lastname="Nobody")
    portal.work()
    number = portal.act(lambda books: books.merge("contacts", kept, gone, anew=True))["id"]

    portal.backwards = True
    portal.work(rounds=1)
    we_edit(hub, 0, phone="+49 6")
    portal.work(seconds=6)

    assert portal.properties(number)["phone"] == "+496"


def test_whatever_webhooks_were_lost_the_pull_finds(portal, hub):
    number = portal.make(**ANNA)
    portal.work()
    portal.lost = 1.0

    portal.edit(number, address="Anderswo 3")
    portal.work(rounds=2, seconds=400)

    assert customers(hub)[0]["address"] == "Anderswo 3"
