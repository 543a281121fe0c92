"""Voucherify: its published signature vectors, its tiers and points, and its kit."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.loyalty.voucherify import Voucherify, check, stripped
from connectors.loyalty.words import micros
from hub.errors import WrongInput, WrongSignature
from hub.sdk import Account, Knock, LoyaltyRecord
from hub.sdk.recordings import recorded_in
from proving import payloads_of

SECRET = "voucherify-secret-of-the-tests"
ACCOUNT = Account("test", "eu", None, {"webhook_secret": SECRET})  # type: ignore[arg-type]
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(kind, key="evt_1", at=AT, **data):
    body = {
        "id": key,
        "type": kind,
        "data": {"customer": {"id": "cust_1", "source_id": "C1001"}, "created_at": at.isoformat(), **data},
    }
    return json.dumps(body, indent=2).encode()


def knock(body, secret=SECRET):
    signature = hmac.new(secret.encode(), stripped(body), hashlib.sha256).hexdigest()
    return Knock("POST", "https://hub.example.org/webhooks/vouchers", {"x-voucherify-signature": signature}, body, AT)


def record_of(body):
    (record,) = Voucherify(ACCOUNT).normalise(body)
    assert isinstance(record, LoyaltyRecord)
    return record


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (b'{\n  "a": 1\n}', "a17d2ac229d1ebbb5f10e839c7985c4818e5986eab297f7e5979196d4d7d3ed2"),
        (b'{"a":1}', "a17d2ac229d1ebbb5f10e839c7985c4818e5986eab297f7e5979196d4d7d3ed2"),
        (b'{\n  "a\\"b": 1\n}', "f7cf97814a03146abedb9793f56e1dec34f618f82d10395310d053f749483ffb"),
        (b"  message  ", "53ff92957e1427ce23ad5bda9d0c5f2f4ff384d0806b83eeacb510c842d3a358"),
    ],
)
def test_the_published_vectors_verify(body, signature):
    check(body, signature, ["secretKey"])
    check(body, signature, ["another", "secretKey"])  # while it rotates
    with pytest.raises(WrongSignature):
        check(body + b"!", signature, ["secretKey"])


@pytest.mark.parametrize("given", ["", "xyz", "a1", "ä", "00" * 32])
def test_a_signature_that_is_none_is_refused(given):
    with pytest.raises(WrongSignature):
        check(b"{}", given, ["secretKey"])


def test_a_connection_without_a_secret_trusts_nobody():
    with pytest.raises(WrongSignature):
        check(b"{}", "00" * 32, [])


@pytest.mark.parametrize(
    ("kind", "data", "tier"),
    [
        ("customer.loyalty.tier.joined", {"loyalty_tier": {"name": "Loyal silver"}}, "Loyal silver"),
        (
            "customer.loyalty.tier.upgraded",
            {"loyalty_tier_from": {"name": "s"}, "loyalty_tier_to": {"name": "Loyal gold"}},
            "Loyal gold",
        ),
        ("EVENTS.CUSTOMER.LOYALTY.TIER.DOWNGRADED", {"loyalty_tier_to": {"name": "Loyal bronze"}}, "Loyal bronze"),
        ("customer.loyalty.tier.left", {"loyalty_tier": {"name": "Loyal gold"}}, ""),
    ],
)
def test_tiers_of_every_kind(kind, data, tier):
    record = record_of(event(kind, **data))

    assert (record.tier, record.points, record.version) == (tier, None, micros(AT))
    assert (record.customer.partner_id, record.customer.customer_number) == ("cust_1", "C1001")


def test_points_are_the_balance_after_the_event():
    record = record_of(
        event("customer.voucher.loyalty_card.points_expired", voucher={"loyalty_card": {"points": 900, "balance": 25}})
    )

    assert (record.points, record.tier) == (25, None)


def test_events_about_other_things_say_nothing():
    assert list(Voucherify(ACCOUNT).normalise(event("customer.updated"))) == []


def test_a_tier_event_without_a_tier_is_said_to_make_no_sense():
    with pytest.raises(WrongInput, match="no tier"):
        record_of(event("customer.loyalty.tier.joined"))


def test_the_event_id_is_the_key():
    (incoming,) = Voucherify(ACCOUNT).verify(knock(event("customer.loyalty.tier.left", loyalty_tier={"name": "x"})))

    assert (incoming.key, incoming.entity, incoming.at) == ("evt_1", "cust_1", AT)


def test_blanks_inside_of_texts_are_signed():
    body = event("customer.updated", note="a  b")
    other = replace(knock(body), body=body.replace(b"a  b", b"a b"))
    with pytest.raises(WrongSignature):
        Voucherify(ACCOUNT).verify(other)


def test_the_recorded_webhook_verifies():
    (one,) = recorded_in(payloads_of("loyalty").with_name("payloads_voucherify"))
    (incoming,) = Voucherify(ACCOUNT).verify(one.knock)
    assert record_of(incoming.payload).tier == "gold"
