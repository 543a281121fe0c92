"""Whoever asked once from a garage's own site and became no customer leaves nothing: once their term is over they are forgotten by the
way of every erasure, with its holds, its certificate and its line for backups."""

import logging
from collections.abc import Callable

from sqlalchemy import func, select

from compliance import erasure
from compliance.cases import RETENTION
from compliance.erasure import BEGUN
from compliance.keeping import STRANGERS, read_keeping
from hub.core import Hub
from hub.errors import ConfigError, HubError
from hub.flow import strangers
from hub.flow.identity import lock_customers
from hub.models import Conversation, Customer, ErasureRequest
from hub.work import Work

log = logging.getLogger(__name__)

# Their term runs since the last word of either side.
LAST = func.coalesce(
    select(func.max(Conversation.changed_at)).where(Conversation.customer_id == Customer.id).correlate(Customer).scalar_subquery(),
    Customer.made_at,
)  # fmt: skip


def days_kept(hub: Hub) -> int:
    """Under the law of this region; 0 while the file of periods is wrong, as nothing is let go then."""
    try:
        return read_keeping(hub.settings.config).of(STRANGERS, hub.here.jurisdiction).days or 0
    except ConfigError:
        return 0


def forget(hub: Hub, customer_id: int, actor: str, tell: Callable[[Work], None]) -> bool:
    """False where it cannot be, and is tried again by the next run. Whoever became a customer since they were looked for stays.
    tell: writes down that they go, in the transaction from which on nothing keeps them."""
    with hub.begin() as work:
        ref = lock_customers(work, [customer_id])[customer_id]
        if not strangers.is_stranger(work.session, customer_id):
            return False
        request = erasure.put(hub, work, ref, actor, None, RETENTION)
        tell(work)
    return _goes_on(hub, request, actor)


def resume(hub: Hub, actor: str) -> None:
    """What a run before this one left halfway; what is approved goes on by itself."""
    begun = select(ErasureRequest.ref).where(ErasureRequest.cause == RETENTION, ErasureRequest.state.in_(BEGUN))
    with hub.look() as session:
        requests = list(session.scalars(begun.order_by(ErasureRequest.id)))
    for request in requests:
        _goes_on(hub, request, actor)


def _goes_on(hub: Hub, request: str, actor: str) -> bool:
    """One that cannot go on keeps no other from it."""
    try:
        _go_on(hub, request, actor)
    except HubError:
        log.exception("an erasure cannot go on")
        return False
    return True


def _go_on(hub: Hub, request: str, actor: str) -> None:
    while (state := _state(hub, request)) in BEGUN:
        if not _is_stranger_still(hub, request):
            erasure.refuse(hub, request, actor, "They became a customer meanwhile.")
            return
        if state == "received":
            erasure.verify(hub, request, actor, RETENTION)
        elif state == "verified":
            erasure.plan(hub, request, actor)
        else:
            erasure.approve(hub, request, actor, decided={RETENTION: STRANGERS})
    erasure.run(hub, request, actor)


def _state(hub: Hub, request: str) -> str:
    with hub.look() as session:
        return session.scalars(select(ErasureRequest.state).where(ErasureRequest.ref == request)).one()


def _is_stranger_still(hub: Hub, request: str) -> bool:
    wanted = select(Customer.id).join(ErasureRequest, ErasureRequest.person_id == Customer.person_id)
    with hub.look() as session:
        return strangers.is_stranger(session, session.scalars(wanted.where(ErasureRequest.ref == request)).one())
