"""Outbound messages: who may send them, what is taken out of them, and what an XML document cannot do to us."""

from dataclasses import replace

import pytest

from connectors.salesforce import ORGANIZATION, Salesforce
from connectors.salesforce.outbound import ACK, MOST, NOTES, Notice, message, read
from hub.errors import ConfigError, WrongSignature
from hub.sdk import Account, Seen
from hub.sdk.recordings import recorded_in
from orgs import KEY
from proving import TOKEN, Scripted, payloads_of

RECORDED = {one.name: one.knock for one in recorded_in(payloads_of("salesforce"))}
CHANGED = RECORDED["contact_changed"]
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'


def salesforce(key=KEY, organization=ORGANIZATION, **more):
    secrets = {"token": TOKEN, "webhook_secret": key, **more}
    return Salesforce(Account("test", "eu", Scripted(), secrets, {"organization": organization}))


def test_a_message_hints_at_its_records_and_each_notification_is_known_again():
    crm = salesforce()
    found = crm.verify(RECORDED["several"])
    assert [(one.key, one.entity) for one in found] == [
        ("om:04l000000000002AAA", "003000000000001AAA"), ("om:04l000000000003AAA", "003000000000002AAA"),
    ]  # fmt: skip
    assert crm.verify(RECORDED["several"]) == found
    assert crm.observe(found[0].payload) == [Seen("contact", "003000000000001AAA", state="hinted")]
    assert list(crm.normalise(found[0].payload)) == []


def test_it_is_acknowledged_in_soap_and_stops_coming():
    answer = salesforce().answer(CHANGED)
    assert (answer.status, answer.content_type) == (200, "text/xml; charset=utf-8")
    assert (answer.body, b"<Ack>true</Ack>" in ACK) == (ACK, True)


def test_what_a_message_says_of_a_person_is_not_even_kept():
    (one,) = salesforce().verify(CHANGED)
    assert b"zoe@example.org" in CHANGED.body
    assert b"zoe" not in one.payload


def test_objects_that_are_never_taken_from_there_are_acknowledged_and_not_kept():
    body = message(
        ORGANIZATION, [Notice("04l1", "Account", "001000000000001AAA"), Notice("04l2", "Contact", "003000000000001AAA")]
    )
    assert [one.key for one in salesforce().verify(replace(CHANGED, body=body))] == ["om:04l2"]


@pytest.mark.parametrize("url", ["", "?key=", "?key=wrong", f"?key={KEY[:-1]}", f"?other={KEY}", "?key=%ff"])
def test_without_the_key_in_its_address_nobody_gets_in(url):
    with pytest.raises(WrongSignature):
        salesforce().verify(replace(CHANGED, url=f"https://hub.example.org/webhooks/crm{url}"))


def test_while_the_key_rotates_both_are_good_and_a_short_one_is_a_mistake():
    assert salesforce("another-key-of-outbound-messages", webhook_secret_previous=KEY).verify(CHANGED)
    with pytest.raises(ConfigError):
        salesforce("short").verify(CHANGED)


@pytest.mark.parametrize("organization", ["", "00D", "00D000000000099EAA"])
def test_another_organisation_or_none_is_refused(organization):
    with pytest.raises(WrongSignature):
        salesforce(organization=organization).verify(CHANGED)


def test_of_an_organisations_id_15_characters_count():
    assert salesforce(organization=ORGANIZATION[:15]).verify(CHANGED)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<", b"{}", b"<a/>", b"\xff\xfe", CHANGED.body[:-30], CHANGED.body + b"<a/>",
        CHANGED.body.replace(b"?>", b"?>" + BOMB, 1), CHANGED.body.replace(b"<sf:Id>", b"<sf:Name>").replace(b"</sf:Id>", b"</sf:Name>"),
        CHANGED.body.replace(b"<Id>04l000000000001AAA</Id>", b""), CHANGED.body.replace(b'encoding="UTF-8"', b'encoding="x-none"'),
        CHANGED.body.replace(NOTES.encode(), b"urn:something.else"), message(ORGANIZATION, []),
        message(ORGANIZATION, [Notice(f"04l{n}", "Contact", "003000000000001AAA") for n in range(MOST + 1)]),
    ],
)  # fmt: skip
def test_what_is_no_outbound_message_is_refused_whatever_it_is(body):
    with pytest.raises(WrongSignature):
        read(body, ORGANIZATION)


def test_a_hundred_notifications_are_one_message():
    notices = [Notice(f"04l{n}", "Contact", f"003{n:012d}AAA") for n in range(MOST)]
    assert read(message(ORGANIZATION, notices), ORGANIZATION) == notices
