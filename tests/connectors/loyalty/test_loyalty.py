"""Loyalty: the programme's webhooks become cards and consents, and our signals reach it once."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.loyalty import Loyalty, words
from hub.errors import NotJson, RetryLater, WrongInput, WrongSignature
from hub.sdk import ConsentRecord, CustomerRecord, Knock, LoyaltyRecord, Push, Record, sign
from hub.sdk.recordings import recorded_in
from proving import CLUB_SECRET, LOYALTY, Scripted, account_of, payloads_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORDED = {one.name: one.knock for one in recorded_in(payloads_of("loyalty"))}


def records(name: str) -> list[Record]:
    club = Loyalty(LOYALTY)
    return [record for one in club.verify(RECORDED[name]) for record in club.normalise(one.payload)]


def knock(body: bytes, secret: str = CLUB_SECRET) -> Knock:
    return Knock("POST", "https://hub.example.org/webhooks/club", sign(secret, "msg_1", AT, body), body, AT)


def test_an_enrolled_member_is_a_person_and_a_card() -> None:
    person, card = records("enrolled")
    assert isinstance(person, CustomerRecord)
    assert (person.name, person.residence, person.at) == ("Zoë Ångström", "DE", AT)
    assert (person.customer.partner_id, person.customer.customer_number) == ("m-1", "C1001")
    assert isinstance(card, LoyaltyRecord)
    assert (card.tier, card.points, card.version) == ("bronze", 0, 1)


def test_points_alone_say_nothing_of_the_tier() -> None:
    (card,) = records("points_changed")
    assert isinstance(card, LoyaltyRecord)
    assert (card.tier, card.points, card.version) == (None, 16, 8)


def test_a_withdrawn_consent_is_no_card() -> None:
    (consent,) = records("consent_withdrawn")
    assert isinstance(consent, ConsentRecord)
    assert (consent.purpose, consent.channel, consent.state, consent.notice) == (
        "marketing",
        "sms",
        "withdrawn",
        "2026-01",
    )


def test_the_webhook_id_is_the_key_and_the_member_the_entity() -> None:
    (incoming,) = Loyalty(LOYALTY).verify(RECORDED["tier_changed"])
    assert (incoming.key, incoming.entity, incoming.at) == ("msg_tier_changed", "m-1", AT)


def test_a_plain_webhook_is_read_quickly_and_never_otherwise_than_by_its_schema() -> None:
    odd = [
        None,
        "",
        "x" * 500,
        7,
        -1,
        1.5,
        True,
        [],
        {},
        "\0",
        ".",
        "DE",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "no@where",
    ]
    for one in RECORDED.values():
        told = json.loads(one.body)
        plain = "partner_extra" not in told["data"]
        assert (words.QUICK(told) is not None) is plain
        variants = [told, *({**told, name: value} for name in told for value in odd)]
        variants += [{**told, "data": {**told["data"], name: value}} for name in told["data"] for value in odd]
        for each in variants:
            quick = words.QUICK(each)
            assert quick is None or quick == words.WEBHOOK.load(each)


def test_while_secrets_rotate_the_previous_one_is_still_good() -> None:
    rotated = replace(
        LOYALTY, secrets={"webhook_secret": "whsec_" + "bmV3" * 8, "webhook_secret_previous": CLUB_SECRET}
    )
    assert Loyalty(rotated).verify(RECORDED["enrolled"])
    with pytest.raises(WrongSignature):
        Loyalty(replace(rotated, secrets={"webhook_secret": "whsec_" + "bmV3" * 8})).verify(RECORDED["enrolled"])


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 50_000])
def test_a_signed_body_that_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotJson):
        Loyalty(LOYALTY).verify(knock(body))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"member_id": ""}, "member_id"), ({"points": -1}, "points"), ({"points": 1.5}, "points"),
        ({"version": 2**63}, "version"), ({"email": "nobody"}, "email"), ({"residence": "Germany"}, "residence"),
        ({"consent": {"purpose": "x", "channel": "sms", "state": "maybe", "notice": "1"}}, "state"),
    ],
)  # fmt: skip
def test_a_field_that_makes_no_sense_is_named_and_its_value_is_not_repeated(change: dict[str, Any], field: str) -> None:
    told = {"type": "member.enrolled", "timestamp": AT.isoformat(), "data": {"member_id": "m", "version": 1, **change}}
    with pytest.raises(WrongInput, match=field) as raised:
        Loyalty(LOYALTY).verify(knock(json.dumps(told).encode()))
    assert "nobody" not in str(raised.value)
    assert "maybe" not in str(raised.value)


def test_a_time_without_a_zone_is_refused() -> None:
    told = {"type": "member.enrolled", "timestamp": "2026-03-01T12:00:00", "data": {"member_id": "m"}}
    with pytest.raises(WrongInput, match="timestamp"):
        Loyalty(LOYALTY).verify(knock(json.dumps(told).encode()))


def test_a_signal_goes_out_under_its_own_key_to_the_member_whatever_their_id_looks_like() -> None:
    api = Scripted()
    push = Push("segment_entered", "key1", "ref1", "m/1?x=../", {"segment": "regulars", "email": "zoe@example.org"}, 1)
    (outcome,) = Loyalty(account_of(api=api)).push([push])
    (method, path, body, headers) = api.asked[0]
    assert (method, path) == ("POST", "/v1/members/m%2F1%3Fx%3D..%2F/signals")
    assert body == {"signal": "segment_entered", "segment": "regulars", "tier": None, "ref": "ref1"}
    assert headers == {"Idempotency-Key": "key1"}
    assert outcome.state == "sent"


def test_an_outage_is_asked_once() -> None:
    api = Scripted([RetryLater("busy", after=5.0)])
    pushes = [Push("segment_entered", f"k{number}", "ref", None, {}, 1) for number in range(3)]
    with pytest.raises(RetryLater):
        Loyalty(account_of(api=api)).push(pushes)
    assert len(api.asked) == 1
