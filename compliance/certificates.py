"""The certificate of an erasure: what became of each record set, who was told, until when backups remember; signed."""

import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import ColumnElement, select

from compliance import archives, execution, unlearning
from hub.core import Hub
from hub.errors import HubError
from hub.models import Connection, Customer, ErasureRequest, Message, Person
from hub.vault.rotation import EPOCH_LENGTH, KEPT_AFTER_END
from hub.work import Work


def certify(hub: Hub, work: Work, request: ErasureRequest) -> None:
    """Raises HubError when anything is left: a certificate is never given on trust."""
    customer = work.session.scalars(select(Customer).where(Customer.person_id == request.person_id)).one()
    left = execution.remains(work, request.person_id, customer.id)
    if left:
        raise HubError(f"Rows of {', '.join(left)} are left after the erasure.", "Run it again: hub privacy run")
    statement = {
        "request": request.ref,
        "customer": customer.ref,
        "region": hub.region_code,
        "jurisdiction": request.jurisdiction,
        "cause": request.cause,
        "asked_at": request.asked_at.isoformat(),
        "erased_at": work.now.isoformat(),
        "policy": request.policy,
        "items": [{key: item[key] for key in ("record_set", "verb", "rows")} for item in (request.plan or {})["items"]],
        "archived": archives.told(work.session, request.person_id),
        "key": "shredded",
        "backups_forget_by": (work.now + EPOCH_LENGTH + KEPT_AFTER_END).date().isoformat(),
        "partners": _partners(work, request),
        "models": unlearning.told(hub, request, work.session.get_one(Person, request.person_id), work.now),
        "tombstones": (request.plan or {}).get("tombstones", []),
    }
    request.certificate = {
        "statement": statement,
        "signature": work.vault.sign(canonical(statement)).hex(),
        "signer": work.vault.signer().hex(),
    }
    request.state, request.finished_at = "certified", work.now


def is_genuine(certificate: dict[str, Any], signer: bytes) -> bool:
    """Was it signed by this region's key, and is no letter of it changed?"""
    try:
        statement = canonical(certificate["statement"])
        Ed25519PublicKey.from_public_bytes(signer).verify(bytes.fromhex(certificate["signature"]), statement)
    except (InvalidSignature, KeyError, ValueError):
        return False
    return True


def canonical(statement: dict[str, Any]) -> bytes:
    return json.dumps(statement, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def telling(request: ErasureRequest) -> ColumnElement[bool]:
    """The messages by which partners are told of this request. Looked for connection by connection, as they are indexed."""
    entity = select(Customer.ref).where(Customer.person_id == request.person_id).scalar_subquery()
    anyone = Message.connection_id.in_(select(Connection.id))
    return anyone & (Message.entity == entity) & Message.effect_key.endswith(f"erase:{request.ref}")


def _partners(work: Work, request: ErasureRequest) -> list[dict[str, str]]:
    told = (
        select(Connection.name, Message.state, Message.reason)
        .join(Message, Message.connection_id == Connection.id)
        .where(telling(request))
        .order_by(Connection.name)
    )
    probes = (request.plan or {}).get("probes", {})
    return [
        {"connection": name, "state": state, "reason": reason, "asked_again": probes.get(name, "")}
        for name, state, reason in work.session.execute(told)
    ]
