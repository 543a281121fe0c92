"""What customers were offered and whom they brought: rows that follow the shop's latest word, and the events they mean."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.flow.told import Happened, Kind, Station, Telling
from hub.models import Offer, Referral
from hub.sdk import CustomerKey, OfferRecord, ReferralRecord


def _offer(station: Station, told: Telling) -> dict[str, Any]:
    record: OfferRecord = told.record
    return {
        **station.visit(record.visit_key),
        "branch": record.branch,
        "code": record.code,
        "channel": record.channel,
        "held_back": record.held_back,
        "percent": record.percent,
        "amount_minor": record.amount_minor,
        "currency": record.currency,
        "valid_from": record.valid_from,
        "valid_until": record.valid_until,
        "made_at": record.made_at,
        "redeemed_at": record.redeemed_at,
        "cancelled_at": record.at if record.cancelled else None,
    }


def _offered(record: OfferRecord, values: Mapping[str, Any]) -> Iterable[Happened]:
    """Whoever was held back has seen nothing."""
    if record.held_back:
        return
    attributes = {"code": record.code, "channel": record.channel}
    yield Happened("offer_made", record.made_at, attributes=attributes)
    if record.redeemed_at is not None:
        yield Happened("offer_redeemed", record.redeemed_at, attributes=attributes)


def _referral(station: Station, told: Telling) -> dict[str, Any]:
    record: ReferralRecord = told.record
    referred = station.people.of(record.referred)
    return {
        "referred_id": referred.customer.id if referred else None,
        "made_at": record.made_at,
        "rewarded_at": record.rewarded_at,
        "cancelled_at": record.at if record.cancelled else None,
    }


def _brought(record: ReferralRecord, values: Mapping[str, Any]) -> Iterable[Happened]:
    yield Happened("referral_made", record.made_at)


def _whom(record: ReferralRecord) -> Sequence[CustomerKey]:
    return [record.referred]


OFFER = Kind("offer", Offer, _offer, _offered)
REFERRAL = Kind("referral", Referral, _referral, _brought, others=_whom)
