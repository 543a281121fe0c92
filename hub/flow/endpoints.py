"""Webhooks out: partners' endpoints, the keys that sign for them, and the messages that go there by the one way out."""

import base64
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import or_, select, update

from hub.core import Hub, Partner
from hub.flow import outbox
from hub.flow.outbox import Claim, Intent
from hub.models import Attempt, Endpoint, Message, Token, new_ref
from hub.models.traffic import waiting_of
from hub.sdk import Decision, Outcome, Push, Question
from hub.work import Work

TOPIC = "partner_event"
FLEETS = "fleet_service"  # the purpose of most webhooks
GRACE = timedelta(hours=24)  # after a rotation the old key signs beside the new one
MOST_FAILURES = 100  # in a row, by when a message has been tried for many hours: nobody is there any more
GONE = "the endpoint answered 410: it wants no more"


class Hidden(tuple[str, ...]):
    """Keys on their way to the connector; no repr, log or error shows them."""

    def __repr__(self) -> str:
        return f"Hidden({len(self)})"


def sender(hub: Hub) -> Partner | None:
    """The region's connection that calls endpoints."""
    return next((one for one in hub.partners.values() if one.connector.kind == "webhook"), None)


def make_key(scheme: str) -> tuple[str, str]:
    """(what we sign with, what the partner verifies with); equal for v1. 32 random bytes each, as Standard Webhooks says."""
    if scheme == "v1":
        secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        return secret, secret
    key = Ed25519PrivateKey.generate()
    private, public = (
        base64.b64encode(raw).decode() for raw in (key.private_bytes_raw(), key.public_key().public_bytes_raw())
    )
    return "whsk_" + private, "whpk_" + public


def open_endpoint(
    work: Work, principal_id: int, url: str, events: Sequence[str], scheme: str, per_second: int
) -> tuple[Endpoint, str]:
    """The endpoint, and the key to verify with; it is answered once and cannot be read again."""
    signing, verifying = make_key(scheme)
    wanted = {
        "url": url,
        "events": list(events),
        "scheme": scheme,
        "per_second": per_second,
        "principal_id": principal_id,
    }
    endpoint = Endpoint(id=work.ids.next(), ref=new_ref(), state="active", free_at=work.now, made_at=work.now, **wanted)
    endpoint.data_key_id = work.new_key("endpoint").id
    _seal(work, endpoint, [{"key": signing, "until": None}])
    work.add(endpoint)
    work.audit("api", "endpoint_opened", "endpoint", endpoint.id, events=list(events))
    return endpoint, verifying


def rotate(work: Work, endpoint: Endpoint) -> str:
    """A new key from now on; the one before signs beside it for a day, so that no webhook is refused meanwhile."""
    signing, verifying = make_key(endpoint.scheme)
    ends = (work.now + GRACE).isoformat()
    kept = [{**one, "until": one["until"] or ends} for one in _open(work, endpoint) if not _ended(one, work.now)]
    _seal(work, endpoint, [{"key": signing, "until": None}, *kept[:1]])
    work.audit("api", "endpoint_rotated", "endpoint", endpoint.id)
    return verifying


def keys_of(work: Work, endpoint: Endpoint) -> Hidden:
    return Hidden(one["key"] for one in _open(work, endpoint) if not _ended(one, work.now))


def disable(work: Work, endpoint: Endpoint, reason: str, actor: str) -> None:
    endpoint.state, endpoint.reason = "disabled", reason[:400]
    work.session.execute(
        update(Message)
        .where(waiting_of(endpoint.ref))
        .values(state="cancelled", why="gone", reason=reason[:400], settled_at=work.now)
    )
    work.audit(actor, "endpoint_disabled", "endpoint", endpoint.id)


def tell_all(hub: Hub, work: Work, scope: str, event: str, words: Mapping[str, Any], cause: str, purpose: str) -> int:
    """Each partner whose token has the scope. purpose: what the policy is asked about before it goes."""
    if sender(hub) is None:
        return 0
    living = or_(Token.expires_at.is_(None), Token.expires_at > work.now)
    with_endpoint = Token.principal_id.in_(select(Endpoint.principal_id).where(Endpoint.state == "active"))
    tokens = select(Token.principal_id, Token.scopes).where(Token.revoked_at.is_(None), living, with_endpoint)
    owners = sorted({owner for owner, scopes in work.session.execute(tokens) if scope in scopes})
    return sum(tell(hub, work, owner, event, words, cause, purpose) for owner in owners)


def tell(
    hub: Hub, work: Work, principal_id: int, event: str, words: Mapping[str, Any], cause: str, purpose: str = FLEETS
) -> int:
    """A message to each of the partner's endpoints that wants this event. cause: the same one makes it once."""
    partner = sender(hub)
    if partner is None:
        return 0
    mine = (Endpoint.principal_id == principal_id, Endpoint.state == "active")
    wanting = [
        one for one in work.session.scalars(select(Endpoint).where(*mine)) if event in one.events or "*" in one.events
    ]
    mark = work.vault.fingerprint("webhook", event, cause).hex()[:32]
    for endpoint in wanting:
        refs = {"endpoint_id": endpoint.id, "event": event, "words": dict(words), "told_at": work.now.isoformat(),
                "purpose": purpose}  # fmt: skip
        key = f"evt_{mark}:{endpoint.ref}"
        if outbox.put(work, partner, [Intent(TOPIC, endpoint.ref, key, refs)]):
            _space(work, partner, endpoint, key)
    return len(wanting)


def _space(work: Work, partner: Partner, endpoint: Endpoint, key: str) -> None:
    """The endpoint's own rate: each message has its moment, and none goes before it."""
    at = max(work.now, endpoint.free_at)
    endpoint.free_at = at + timedelta(seconds=1 / endpoint.per_second)
    mine = (Message.connection_id == partner.id, Message.effect_key == key)
    work.session.execute(update(Message).where(*mine).values(not_before=at))


def render(hub: Hub, work: Work, partner: Partner, claims: Sequence[Claim]) -> list[tuple[Claim, Push]]:
    """The policy is asked, and keys are opened for this moment only. The words are refs: nobody's name is among them."""
    facts = {"channel": "api", "topic": TOPIC, "connector": partner.connector.name, "fields": (),
             "from_region": hub.region_code, "to_jurisdiction": partner.settings.jurisdiction or hub.here.jurisdiction,
             "from_jurisdiction": hub.here.jurisdiction, "consent": "never_asked"}  # fmt: skip
    decisions: dict[str, Decision] = {}
    ready = []
    for claim in claims:
        purpose = str(claim.refs.get("purpose", FLEETS))
        if purpose not in decisions:
            decisions[purpose] = hub.permits(Question({**facts, "purpose": purpose}, work.now))
        decision = decisions[purpose]
        endpoint = work.session.get(Endpoint, claim.refs["endpoint_id"])
        if decision.verdict != "allow":
            outbox.refuse(work, claim, f"{decision.policy}: {decision.reason}", why="policy")
        elif endpoint is None or endpoint.state != "active":
            outbox.refuse(work, claim, "the endpoint is disabled", why="gone")
        else:
            told = {"type": claim.refs["event"], "timestamp": claim.refs["told_at"], "data": claim.refs["words"]}
            body = {"url": endpoint.url, "keys": keys_of(work, endpoint), "told": told}
            ready.append((claim, Push(claim.topic, claim.effect_key, endpoint.ref, None, body, claim.attempt)))
    return ready


def note(work: Work, claims: Sequence[Claim], outcomes: Sequence[Outcome]) -> None:
    """The delivery log; an endpoint that answered 410, or nothing good for very long, is disabled and its owner told why."""
    by_key = {outcome.key: outcome for outcome in outcomes}
    for claim in claims:
        if not claim.refs.get("endpoint_id"):
            continue
        endpoint = work.session.get(Endpoint, claim.refs["endpoint_id"])
        outcome = by_key.get(claim.effect_key)
        if endpoint is None or outcome is None:
            continue
        work.add(Attempt(endpoint_id=endpoint.id, message_id=claim.id, event=str(claim.refs["event"]), number=claim.attempt,
                         state=outcome.state, reason=outcome.reason[:400], at=work.now))  # fmt: skip
        endpoint.failures = 0 if outcome.state == "sent" else endpoint.failures + 1
        if outcome.state == "gone":
            disable(work, endpoint, GONE, "hub")
        elif endpoint.failures >= MOST_FAILURES:
            disable(work, endpoint, f"{endpoint.failures} calls in a row failed, the last one: {outcome.reason}", "hub")


def replay(work: Work, endpoint: Endpoint, attempt: Attempt) -> None:
    """Send it again, under the same id: whoever has it knows it by that."""
    message = work.session.get_one(Message, attempt.message_id)
    if message.state not in outbox.OPEN:
        outbox.revive(work, message)


def _ended(one: Mapping[str, Any], now: datetime) -> bool:
    return bool(one["until"]) and datetime.fromisoformat(one["until"]) <= now


def _seal(work: Work, endpoint: Endpoint, keys: list[dict[str, Any]]) -> None:
    plain = json.dumps(keys).encode()
    endpoint.secrets = work.vault.seal(work.key(endpoint.data_key_id), plain, f"endpoint:{endpoint.id}")


def _open(work: Work, endpoint: Endpoint) -> list[dict[str, Any]]:
    plain = work.vault.unseal(work.key(endpoint.data_key_id), endpoint.secrets, f"endpoint:{endpoint.id}")
    found: list[dict[str, Any]] = json.loads(plain)
    return found
