"""What else is told to a partner that is kept in step: who is made there first, what goes by the sync alone, who rests."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from hub.core import Hub, Partner
from hub.flow import agreements, facts, journeys, outbox, segments
from hub.flow.effects import announce, intents_of
from hub.flow.outbox import Claim, Intent
from hub.flow.outward import linked_of, map_of, notice, want
from hub.flow.sayable import MASKED
from hub.flow.segments import Move
from hub.sdk import DELETE, Push
from hub.work import Work


def follow(hub: Hub, work: Work, moves: Sequence[Move]) -> None:
    """Partners hear who entered and left: those that listen, and those that are kept in step with the segments. Journeys
    move, too."""
    intents = intents_of(moves)
    make_known(hub, work, intents)
    announce(hub, work, intents)
    notice(hub, work, {move.customer_id: {"segments"} for move in moves})
    journeys.advance(hub, work, (), moves)


def heed(hub: Hub, work: Work, written: Set[int]) -> None:
    """What a step wrote into the history of these customers is a fact like others."""
    if written:
        facts.refresh(work, written)
        follow(hub, work, segments.reassess(hub, work, written, "change"))


def make_known(hub: Hub, work: Work, intents: Iterable[tuple[int, Intent]]) -> int:
    """Who is to be told of to a partner that is kept in step, and is not there yet, is made there first."""
    count = 0
    for partner in hub.partners.values():
        mapping = map_of(hub, partner)
        heard = {
            customer_id for customer_id, intent in intents
            if mapping and intent.refs.get("origin") != partner.name
            and any(topic.name != DELETE for topic in partner.topics_for(intent.topic))
        }  # fmt: skip
        strangers = heard - linked_of(work, partner, heard) if heard else set()
        for rule in mapping.objects if mapping and strangers else ():
            count += want(hub, work, partner, mapping, rule, strangers, make=True) if mapping else 0
    return count


def carried(hub: Hub, partner: Partner) -> frozenset[str]:
    """Personal fields that go by the sync alone, so that no other message overwrites them unmerged."""
    mapping = map_of(hub, partner)
    rules = [one for rule in mapping.objects for one in rule.fields] if mapping else []
    return frozenset(MASKED.get(one.ours, one.ours) for one in rules)


def with_lists(hub: Hub, partner: Partner, ready: Iterable[tuple[Claim, Push]]) -> list[tuple[Claim, Push]]:
    """What is told of a segment says of each list or campaign there whether this customer belongs on it: a whole state."""
    mapping = map_of(hub, partner)
    if mapping is None or not mapping.members:
        return list(ready)
    return [(claim, _listed(push, mapping.members) if "segment" in claim.refs else push) for claim, push in ready]


def _listed(push: Push, members: Mapping[str, str]) -> Push:
    among = {there: segment in push.body["segments"] for segment, there in members.items()}
    return replace(push, body={**push.body, "members": among})


def let_rest(hub: Hub, work: Work, partner: Partner, claims: Sequence[Claim]) -> list[Claim]:
    """Messages about somebody whose object was archived, erased or merged there are called off; answers the others."""
    if map_of(hub, partner) is None:
        return list(claims)
    ids = [claim.refs["customer_id"] for claim in claims if claim.topic != DELETE]
    at_rest = agreements.at_rest(work, partner, ids)
    at_rest = {one: state for one, state in at_rest.items() if state != "merged"} | {
        one: "merged" for one in at_rest.keys() - linked_of(work, partner, at_rest) if at_rest[one] == "merged"
    }
    left = []
    for claim in claims:
        state = at_rest.get(claim.refs["customer_id"]) if claim.topic != DELETE else None
        if state is None:
            left.append(claim)
        else:
            outbox.refuse(work, claim, f"{state} there", "cancelled", why="rests")
    return left
