"""Mails that come back, by a real LMTP conversation: kept once, refused when they answer nothing of ours."""

import smtplib
import socket
from email.message import EmailMessage
from random import Random

import pytest
from sqlalchemy import select

from hub.door import open_door
from hub.errors import ConfigError
from hub.flow import pipeline, posts
from hub.models import Conversation, Customer, Delivery, Event
from hub.sdk import Push


@pytest.fixture
def door(settings, hub):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    partner = hub.partner("mails")
    partner.settings.options["lmtp"] = f"127.0.0.1:{port}"
    controller = open_door(hub, partner)
    yield port
    controller.stop()


def a_reply(hub, ref):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@example.org", "service@garage.example", "Re: hello"
    marks = hub.partner("mails").connector.sender.marks
    message["In-Reply-To"] = marks.message_id(Push("marketing", "key1", ref, None, {}, 1))
    message.set_content("Tomorrow at nine?")
    return message


def test_a_reply_becomes_an_event_of_the_customer_once(hub, door, told_by_club):
    told_by_club(member_id="m-1", name="Ada", version=1)
    with hub.look() as session:
        ref = session.scalars(select(Customer.ref)).one()
    with smtplib.LMTP("127.0.0.1", door) as lmtp:
        for _ in range(2):
            lmtp.send_message(a_reply(hub, ref))

    pipeline.process(hub, hub.partner("mails"), Random(1))

    with hub.look() as session:
        assert [one.kind for one in session.scalars(select(Event).where(Event.kind.like("mail_%")))] == ["mail_replied"]


def test_a_replys_words_stand_in_the_conversation_when_the_door_says_kept(hub, door, told_by_club):
    told_by_club(member_id="m-1", name="Ada", version=1)
    with hub.look() as session:
        customer = session.scalars(select(Customer)).one()
    forged, automatic = a_reply(hub, customer.ref), a_reply(hub, customer.ref)
    del forged["In-Reply-To"]
    forged["In-Reply-To"] = (
        hub.partner("mails")
        .connector.sender.marks.message_id(Push("marketing", "key1", "0" * 32, None, {}, 1))
        .replace("0" * 32, customer.ref)
    )
    automatic["Auto-Submitted"] = "auto-replied"

    with smtplib.LMTP("127.0.0.1", door) as lmtp:
        for message in (a_reply(hub, customer.ref), automatic):
            message["Message-ID"] = f"<{message['Auto-Submitted']}@example.org>"
            for hop in range(2):  # the same mail by two ways
                del message["Received"]
                message["Received"] = f"by hop{hop}"
                lmtp.send_message(message)
        with pytest.raises(smtplib.SMTPDataError):
            lmtp.send_message(forged)

    with hub.look() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert [one.text for one in posts.read(hub, session, conversation, 0, staff=False) if one.text] == [
            "Tomorrow at nine?"
        ]


def test_a_mail_that_answers_nothing_of_ours_goes_back_at_once(hub, door):
    stray = EmailMessage()
    stray["Subject"] = "Buy now"
    stray.set_content("cheap tyres")

    with smtplib.LMTP("127.0.0.1", door) as lmtp, pytest.raises(smtplib.SMTPDataError) as refused:
        lmtp.send_message(stray, "spam@example.org", ["service@garage.example"])

    assert refused.value.smtp_code == 550
    with hub.look() as session:
        assert session.scalars(select(Delivery)).all() == []


def test_a_door_to_the_world_is_refused(hub):
    hub.partner("mails").settings.options["lmtp"] = "0.0.0.0:2424"

    with pytest.raises(ConfigError, match="no door on this machine"):
        open_door(hub, hub.partner("mails"))
