"""The whole way on one screen: deliveries in, records, customers, facts, segments, messages out.

webhook, import, fetch ──▶ inbox.keep        (answered only after this has been committed)
                              │  a bell, or the sweep
process() ────────────────────▼───────────────────────────────────── one transaction
    inbox.take ▶ folding.fold_all ▶ facts.refresh ▶ segments.reassess ▶ effects.announce
                 connector.normalise ▶ customers.fold                  outward.notice
                 connector.observe   ▶ inward.fold (two-way)        belongings.notice
                              │  a bell, or the sweep
send() ───────────────────────▼─────────────────────────────────────
    outbox.claim ▶ policy ▶ effects.render      one transaction
    connector.ask, connector.push               none open
    outbox.settle                               one transaction
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random

from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from hub.core import Hub, Partner
from hub.errors import AuthBroken, Gone, HubError, PartDown, PartnerError, RetryLater, WrongInput
from hub.flow import (
    alongside,
    belongings,
    consents,
    customers,
    effects,
    endpoints,
    facts,
    folding,
    inbox,
    journeys,
    merges_told,
    outbox,
    outward,
    pushing,
    replies,
    segments,
)
from hub.flow.heartbeat import BEATS, Heartbeat
from hub.models import Connection, Delivery
from hub.sdk import (
    SET_FIELDS,
    Connector,
    Incoming,
    Normalises,
    Pushes,
    TakesLoads,
    full_jitter,
)
from hub.work import Work

log = logging.getLogger(__name__)
CONSENTS_READ = "consents:read"  # the scope of those who hear of consents by webhook
TAKE = 50  # deliveries to a transaction


def process(hub: Hub, partner: Partner, rng: Random, limit: int = TAKE, kind: type[Work] = Work) -> int:
    """Take the next deliveries through; answers how many there were. A batch that fails is run again one by one."""
    letters: list[int] = []
    try:
        with hub.begin(kind) as work:
            taken = inbox.take(work, partner, limit)
            _process(hub, work, partner, taken, letters, rng)
        count = len(taken)
    except PartDown:
        raise
    except Exception as error:  # noqa: BLE001 - whatever fails, each delivery is run alone and gets its own verdict
        if limit == 1:
            return _stumble(hub, partner, error, rng)
        log.warning("batch failed", extra={"connection": partner.name, "reason": type(error).__name__})
        alone = 0
        while alone < limit and process(hub, partner, rng, limit=1):
            alone += 1
        return alone
    for letter in letters:
        hub.plugins.hook.dead_lettered(hub=hub, dead_letter_id=letter, reason="delivery")
    return count


def _process(
    hub: Hub, work: Work, partner: Partner, taken: Sequence[Delivery], letters: list[int], rng: Random
) -> None:
    touched: dict[int, set[str]] = {}
    intents: list[tuple[int, outbox.Intent]] = []
    said: list[replies.Said] = []
    for folded in folding.fold_all(hub, work, partner, taken, letters, rng):
        for customer_id, changes in folded.touched.items():
            touched.setdefault(customer_id, set()).update(changes)
        intents += folded.intents
        said += folded.said
    follow(hub, work, touched, intents)
    for words in said:
        hub.plugins.hook.customer_wrote(
            hub=hub, work=work, customer_id=words.customer_id, text=words.text, key=words.key
        )


def follow(hub: Hub, work: Work, touched: Mapping[int, set[str]], intents: Sequence[tuple[int, outbox.Intent]]) -> None:
    """What follows from customers that changed: facts, segments, messages, and whoever wants to know."""
    moved = facts.refresh(work, touched)
    moves = segments.reassess(hub, work, touched, "change", touched, moved)
    told = [*intents, *effects.intents_of(moves)]
    alongside.make_known(hub, work, told)
    effects.announce(hub, work, told)
    _tell_of_consents(hub, work, intents)
    alongside.heed(hub, work, journeys.advance(hub, work, touched, moves))
    outward.notice(hub, work, touched)
    outward.notice(hub, work, {move.customer_id: {"segments"} for move in moves})
    belongings.notice(hub, work, touched)
    for customer_id, changes in touched.items():
        hub.plugins.hook.customer_changed(work=work, customer_id=customer_id, changes=sorted(changes))


def _tell_of_consents(hub: Hub, work: Work, intents: Sequence[tuple[int, outbox.Intent]]) -> None:
    for _, intent in intents:
        if intent.topic in consents.TOLD:
            words = {"customer": intent.entity, "purpose": intent.refs["kind"], "channel": intent.refs["by"],
                     "at": intent.refs["at"]}  # fmt: skip
            event = intent.topic.replace("_", ".")
            endpoints.tell_all(hub, work, CONSENTS_READ, event, words, intent.key, "consent_sync")


def take_now(hub: Hub, work: Work, partner: Partner, incoming: Sequence[Incoming]) -> list[str | WrongInput]:
    """Keep and take through in this very transaction, for those who must hear what became of it: `accepted`, `duplicate`,
    or why not, and then nothing of it is left."""
    touched: dict[int, set[str]] = {}
    intents: list[tuple[int, outbox.Intent]] = []
    outcomes: list[str | WrongInput] = []
    for one in incoming:
        try:
            with work.savepoint():
                folded = _fold_now(hub, work, partner, one)
        except IntegrityError:
            outcomes.append(WrongInput("Somebody else was quicker.", "Ask for free slots, and try again."))
            continue
        except (DataError, WrongInput) as error:
            unstorable = WrongInput("A value that the database cannot hold.")
            outcomes.append(error if isinstance(error, WrongInput) else unstorable)
            continue
        outcomes.append("duplicate" if folded is None else "accepted")
        for customer_id, changes in folded.touched.items() if folded else ():
            touched.setdefault(customer_id, set()).update(changes)
        intents += folded.intents if folded else []
    follow(hub, work, touched, intents)
    return outcomes


def _fold_now(hub: Hub, work: Work, partner: Partner, one: Incoming) -> customers.Folded | None:
    """None: we have been told before. Raises WrongInput, also for an appointment that finds no place."""
    connector = partner.connector
    if not isinstance(connector, Normalises) or not inbox.keep(work, partner, [one]):
        return None
    folded = customers.fold(hub, work, partner, list(connector.normalise(one.payload)))
    if folded.clashes:
        raise WrongInput("The slot is taken.", "Ask for free ones: GET /api/v1/branches/<code>/slots?day=YYYY-MM-DD")
    work.session.flush()
    delivery = inbox.find(work, partner, one.key)
    inbox.done(work, [(delivery, {"new": folded.new, "repeats": folded.repeats})])
    return folded


def _stumble(hub: Hub, partner: Partner, error: Exception, rng: Random) -> int:
    """A delivery on which our own code fails: try again later, and in the end put it aside with the reason."""
    # two workers met; the next try sees the other's rows
    transient = isinstance(error, IntegrityError | OperationalError)
    log.error("delivery failed", extra={"connection": partner.name, "reason": type(error).__name__})
    with hub.begin() as work:
        for delivery in inbox.take(work, partner, 1):
            code = error.code if isinstance(error, HubError) else "defect"
            reason = f"{type(error).__name__}: {error}" if isinstance(error, HubError) else type(error).__name__
            if transient:
                delivery.not_before = work.now + timedelta(seconds=rng.uniform(0.05, 0.5))
            else:
                inbox.stumble(work, delivery, code, reason, rng, final=False)
    return 1


def send(hub: Hub, partner: Partner, rng: Random) -> int:
    """Claim a batch, tell the partner, settle; answers how many were claimed."""
    connector = partner.connector
    if not isinstance(connector, Pushes):
        return 0
    timing = hub.settings.timing
    with hub.begin() as work:
        claims = outbox.claim(work, partner, _at_once(work, partner), timing.lease)
        things = [claim for claim in claims if belongings.is_one(claim)]
        about_things = belongings.render(hub, work, partner, things) if things else belongings.Rendered()
        merged = [claim for claim in claims if merges_told.is_one(claim)]
        about_names = merges_told.render(hub, work, partner, merged) if merged else []
        people = [claim for claim in claims if not (belongings.is_one(claim) or merges_told.is_one(claim))]
        synced = [claim for claim in people if claim.topic == SET_FIELDS]
        rendered = outward.render(hub, work, partner, synced) if synced else outward.Rendered()
        others = alongside.let_rest(hub, work, partner, [claim for claim in people if claim.topic != SET_FIELDS])
        without = alongside.carried(hub, partner)
        told = effects.render(hub, work, partner, others, without) if others else []
        ready = [*rendered.ready, *alongside.with_lists(hub, partner, told), *about_things.ready, *about_names]
        if hub.clock() - work.now > timedelta(seconds=timing.lease / BEATS):  # else it might end before they are told
            outbox.renew(work, [claim for claim, _ in ready], timing.lease, hub.clock())
    if not ready:
        return len(claims)

    with Heartbeat(hub, [claim for claim, _ in ready], timing.lease):
        outcomes, error = pushing.tell(partner, ready)

    with hub.begin() as work:
        letters = outbox.settle(work, partner, [claim for claim, _ in ready], outcomes, timing, rng)
        endpoints.note(work, [claim for claim, _ in ready], outcomes)
        met = outward.settle(hub, work, partner, [claim for claim, _ in ready], rendered, outcomes)
        belongings.settle(hub, work, partner, [claim for claim, _ in ready], about_things, outcomes)
        merges_told.settle(hub, work, partner, about_names, outcomes)
        belongings.want(hub, work, partner, met)
        _note_health(work, partner, error, rng, timing.retry_base, timing.retry_cap)
        work.ring(partner.name)
    for letter in letters:
        hub.plugins.hook.dead_lettered(hub=hub, dead_letter_id=letter, reason="message")
    return len(claims)


def batch_of(connector: Connector) -> int:
    """Messages to one claim; 0 for a partner that is never told."""
    return connector.batch_size if isinstance(connector, Pushes) else 0


def _at_once(work: Work, partner: Partner) -> int:
    """A load is claimed where it will be one; fewer go by the batch, so that a kill leaves little in doubt."""
    match partner.connector:
        case TakesLoads(load_size=load) if outbox.many_wait(work, partner, load * 3 // 4):
            return load
    return batch_of(partner.connector)


def _note_health(
    work: Work, partner: Partner, error: PartnerError | None, rng: Random, base: float, cap: float
) -> None:
    """An outage rests the whole connection, a refused key parks it, a 410 switches it off: none fills the dead letters."""
    row = work.session.get_one(Connection, partner.id)
    if error is None:
        row.failures, row.rest_until, row.reason, row.pushed_at = 0, None, "", work.now
    elif isinstance(error, AuthBroken):
        row.state, row.reason = "parked", f"our key is refused: {error.what}"[:400]
        work.audit("hub", "parked", "connection", row.id)
    elif isinstance(error, Gone):
        row.state, row.reason = "off", error.what[:400]
        work.audit("hub", "gone", "connection", row.id)
    elif isinstance(error, RetryLater):
        row.failures += 1
        row.reason = error.what[:400]
        wait = full_jitter(row.failures, base, cap, rng, after=error.after)
        row.rest_until = work.now + timedelta(seconds=wait)
