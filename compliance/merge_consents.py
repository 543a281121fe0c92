"""Of two people who are one, the stricter word stands: a no of either, and no yes that was said for another address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from compliance.merge_rows import Pair
from compliance.merge_values import Values, values_of
from hub.core import Hub
from hub.flow.consents import intent_of, take_back
from hub.flow.identity import Known
from hub.flow.outbox import Intent
from hub.models import Consent
from hub.own import OWN
from hub.sdk import ConsentRecord, CustomerKey
from hub.work import Work

HOW = "merged"
ADDRESS = {"mail": "email", "sms": "phone"}  # what a yes to a channel was said for


@dataclass(frozen=True)
class Joined:
    """What each said of one purpose and channel, empty where they said nothing, and what stands. why: a yes does not: `no` where
    the other said no, `address` where it was said for an address of the lost one that is not the kept one's."""

    mine: str
    theirs: str
    stands: str
    why: str = ""


def joined(work: Work, pair: Pair, have: Values, had: Values) -> dict[tuple[str, str], Joined]:
    """By purpose and channel. have, had: the values of both."""
    said = _said(work, pair.persons)
    ours, theirs = (said[one] for one in pair.persons)
    found = {}
    for place in sorted(ours.keys() | theirs.keys()):
        mine, other = (one[place].state if place in one else "" for one in (ours, theirs))
        if {mine, other} == {"granted", "withdrawn"}:
            found[place] = Joined(mine, other, "withdrawn", "no")
        elif other == "granted" and not mine and _is_another(have, had, ADDRESS.get(place[1], "")):
            found[place] = Joined(mine, other, "withdrawn", "address")
        else:
            found[place] = Joined(mine, other, mine or other)
    return found


def stricter(work: Work, pair: Pair) -> list[tuple[str, str, str]]:
    """(purpose, channel, why) of each yes that does not stand afterwards."""
    values = values_of(work, pair)
    both = joined(work, pair, *(values[one] for one in pair.persons))
    return [(*place, one.why) for place, one in both.items() if one.why]


def _is_another(have: Values, had: Values, field: str) -> bool:
    """Is the address that stands another than the one that was spoken of?"""
    return (field, 0) in have and have[field, 0] != had.get((field, 0))


def _said(work: Work, persons: Sequence[int]) -> dict[int, dict[tuple[str, str], Consent]]:
    """person -> (purpose, channel) -> their last word."""
    found: dict[int, dict[tuple[str, str], Consent]] = {one: {} for one in persons}
    rows = select(Consent).where(Consent.person_id.in_(persons)).order_by(Consent.at, Consent.id)
    for row in work.session.scalars(rows):
        found[row.person_id][row.purpose, row.channel] = row
    return found


def withdraw(hub: Hub, work: Work, pair: Pair, places: Sequence[tuple[str, str, str]]) -> list[tuple[int, Intent]]:
    """After the rows have moved: a no behind all that was said. Answers what partners are told."""
    partner, known = hub.partner(OWN), Known(pair.keep, pair.kept)
    said, news, intents = _said(work, [pair.kept.id])[pair.kept.id], [], []
    for purpose, channel, _ in places:
        last = said[purpose, channel]
        at = max(work.now, last.at + timedelta(microseconds=1))
        mark = work.vault.fingerprint(HOW, str(pair.lost.id), str(pair.kept.id), purpose, channel)
        work.put(
            Consent, person_id=pair.kept.id, purpose=purpose, channel=channel, state="withdrawn", notice=last.notice, at=at,
            received_at=work.now, connection_id=partner.id, source_hash=mark, how=HOW, language=last.language,
        )  # fmt: skip
        record = ConsentRecord(
            customer=CustomerKey(partner_id=pair.keep.ref, ref=pair.keep.ref),
            purpose=purpose,
            channel=channel,
            state="withdrawn",
            notice=last.notice,
            at=at,
        )
        news.append((known, record))
        if (intent := intent_of(work, partner, known, record)) is not None:
            intents.append((pair.keep.id, intent))
    take_back(hub, work, news)
    return intents
