"""What somebody agreed to: append-only events, the text that was seen, double opt-in, receipts; current state is the last word.

A change goes the way of all records: segments and journeys at once, messages that wait are asked again before they go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.purposes import Purpose, Purposes, Shown, read_purposes
from compliance.rights import Subject, subject_of
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import effects, writing
from hub.flow.outbox import Intent
from hub.models import Consent, ConsentAsk, Customer, Notice, Person, new_ref
from hub.sdk import ConsentRecord, CustomerKey
from hub.work import Work

WAITS = timedelta(days=7)  # for the word from the mailbox
SCHEMA = "ISO/IEC TS 27560:2023"


@dataclass(frozen=True)
class Said:
    """The last word on one purpose and channel. is_older: it was given to a text that meant something else."""

    id: int
    state: str
    at: datetime
    how: str
    notice: str
    is_older: bool = False


@dataclass(frozen=True)
class Choice:
    """One purpose and channel as a person sees it. waits: the mailbox has not agreed yet. asks: it may be asked for now."""

    purpose: Purpose
    channel: str
    said: Said | None
    waits: bool
    asks: bool

    @property
    def is_on(self) -> bool:
        if self.said is not None:
            return self.said.state == "granted"
        return self.purpose.basis != "consent"


def choices(hub: Hub, session: Session, person_id: int) -> list[Choice]:
    """All a person decides on, in the order of the file."""
    known, now = read_purposes(hub.settings.config), hub.clock()
    said = _said(session, person_id, known)
    asks = {(row.purpose, row.channel) for row in session.scalars(_waiting(person_id, now))}
    return [
        Choice(purpose, channel, last, (purpose.name, channel) in asks, _may_ask(known, purpose, last, now))
        for purpose in known.chosen()
        for channel in purpose.channels
        for last in [said.get((purpose.name, channel))]
    ]


def give(hub: Hub, work: Work, who: Subject, purpose: str, channel: str, language: str, how: str) -> str:
    """`granted`, or `asked` where the mailbox must agree, too. Raises NotFound for a purpose or channel that is not offered."""
    known = read_purposes(hub.settings.config)
    shown = _offered(known, purpose, channel, language)
    keep_notice(work, shown)
    if channel in shown.purpose.double_opt_in:
        _ask_the_mailbox(hub, work, who, shown, channel)
        return "asked"
    _write(hub, work, who, shown, channel, "granted", how)
    return "granted"


def withdraw(hub: Hub, work: Work, who: Subject, purpose: str, channel: str, language: str, how: str) -> None:
    """As easy as giving (GDPR Art. 7(3)): at once, and a first step that waits for its second ends, too."""
    shown = _offered(read_purposes(hub.settings.config), purpose, channel, language)
    keep_notice(work, shown)
    for ask in work.session.scalars(_waiting(who.person.id, work.now)):
        if (ask.purpose, ask.channel) == (purpose, channel):
            ask.settled_at = work.now
    _write(hub, work, who, shown, channel, "withdrawn", how)


def confirm(hub: Hub, ref: str) -> bool:
    """The word from the mailbox. False: the link is unknown, was used, or has ended; which of them is not said."""
    with hub.begin() as work:
        ask = work.session.scalars(select(ConsentAsk).where(ConsentAsk.ref == ref).with_for_update()).first()
        if ask is None or ask.settled_at is not None or ask.expires_at <= work.now:
            return False
        who = subject_of(work, person_id=ask.person_id)
        if who is None:
            return False
        ask.settled_at = work.now
        record = ConsentRecord(
            customer=CustomerKey(partner_id=who.customer.ref, ref=who.customer.ref), purpose=ask.purpose, channel=ask.channel,
            state="granted", notice=ask.notice, at=work.now, how="double_opt_in", language=ask.language,
        )  # fmt: skip
        writing.write(hub, work, [record])
        return True


def heed_signal(hub: Hub, work: Work, who: Subject, language: str) -> list[str]:
    """The browser said no for its owner (Global Privacy Control): once, so that a later word of their own counts. Answers the
    purposes that ended."""
    ended = []
    for purpose in _unheard(hub, work.session, who.person.id):
        for channel in purpose.channels:
            withdraw(hub, work, who, purpose.name, channel, language, "signal")
        ended.append(purpose.name)
    return ended


def is_heard(hub: Hub, session: Session, person_id: int) -> bool:
    return not _unheard(hub, session, person_id)


def _unheard(hub: Hub, session: Session, person_id: int) -> list[Purpose]:
    rows = select(Consent.purpose).where(Consent.person_id == person_id, Consent.how == "signal")
    heard = set(session.scalars(rows))
    return [one for one in read_purposes(hub.settings.config).chosen() if one.signal and one.name not in heard]


def receipt(hub: Hub, session: Session, person_id: int, consent_id: int) -> dict[str, Any]:
    """The fields of ISO/IEC TS 27560 for one event: who, what for, which text, how, when. Raises NotFound."""
    row = session.scalars(select(Consent).where(Consent.id == consent_id, Consent.person_id == person_id)).first()
    if row is None:
        raise NotFound("There is no such receipt.")
    known = read_purposes(hub.settings.config)
    purpose, notice = known.purposes.get(row.purpose), session.get(Notice, row.notice)
    person, ref = (
        session.get_one(Person, person_id),
        session.scalar(select(Customer.ref).where(Customer.person_id == person_id)),
    )
    same = session.scalars(
        select(Consent).where(Consent.person_id == person_id, Consent.purpose == row.purpose, Consent.channel == row.channel)
        .order_by(Consent.at, Consent.id)
    )  # fmt: skip
    return {
        "schema_version": SCHEMA,
        "record_id": f"{hub.region_code}-{row.id}",
        "pii_principal_id": ref,
        "pii_controllers": [{**known.controller, "region": hub.region_code, "jurisdiction": person.jurisdiction}],
        "pii_processing": {
            "privacy_notice": row.notice,
            "language": row.language or (notice.language if notice else ""),
            "notice_text": notice.text if notice else "",
            "notice_layout": notice.layout if notice else "",
            "purposes": [{
                "purpose": row.purpose,
                "title": purpose.title(row.language) if purpose else row.purpose,
                "lawful_basis": purpose.basis if purpose else "consent",
                "source_of_basis": purpose.source if purpose else "",
                "processing_channels": [row.channel],
                "withdrawal_method": "/my/privacy/",
            }],
        },
        "events": [
            {"event_time": one.at.isoformat(), "event_type": "explicit" if one.how else "told", "event_state":
             "consent given" if one.state == "granted" else "consent withdrawn", "method": one.how or "partner"}
            for one in same
        ],
    }  # fmt: skip


def keep_notice(work: Work, shown: Shown) -> None:
    """What was shown stays reproducible, whatever the file says later."""
    if work.session.get(Notice, shown.hash) is None:
        work.session.add(_notice(work, shown))
        work.session.flush()


def _notice(work: Work, shown: Shown) -> Notice:
    return Notice(hash=shown.hash, purpose=shown.purpose.name, language=shown.language, text=shown.text,
                  layout=shown.layout, material=shown.purpose.material, made_at=work.now)  # fmt: skip


def publish(hub: Hub) -> int:
    """Keep every notice of the file; answers how many are new."""
    known = read_purposes(hub.settings.config)
    shown = [known.shown(purpose, language) for purpose in known.chosen() for language in purpose.texts]
    with hub.begin() as work:
        kept = set(work.session.scalars(select(Notice.hash)))
        new = list({one.hash: one for one in shown if one.hash not in kept}.values())
        if new:
            work.session.add_all(_notice(work, one) for one in new)
            work.audit("config", "notices_published", "notice", None, count=len(new))
        return len(new)


def _said(session: Session, person_id: int, known: Purposes) -> dict[tuple[str, str], Said]:
    rows = select(Consent, Notice.material).outerjoin(Notice, Notice.hash == Consent.notice)
    mine = rows.where(Consent.person_id == person_id).order_by(Consent.at, Consent.id)
    found = {}
    for row, material in session.execute(mine):
        purpose = known.purposes.get(row.purpose)
        older = purpose is not None and row.state == "granted" and (material or purpose.material) < purpose.material
        found[row.purpose, row.channel] = Said(row.id, row.state, row.at, row.how, row.notice, older)
    return found


def _may_ask(known: Purposes, purpose: Purpose, said: Said | None, now: datetime) -> bool:
    """Never asked, long after a no, or agreed to a text that meant something else."""
    if purpose.basis != "consent":
        return False
    if said is None or said.is_older:
        return True
    return said.state == "withdrawn" and now - said.at >= timedelta(days=known.ask_again_days)


def _waiting(person_id: int, now: datetime) -> Any:
    return select(ConsentAsk).where(
        ConsentAsk.person_id == person_id, ConsentAsk.settled_at.is_(None), ConsentAsk.expires_at > now
    )


def _offered(known: Purposes, purpose: str, channel: str, language: str) -> Shown:
    wanted = known.named(purpose)
    if channel not in wanted.channels:
        raise NotFound(
            f"“{purpose}” is not offered by {channel or 'no channel'}.", f"By: {', '.join(wanted.channels) or 'none'}."
        )
    return known.shown(wanted, language)


def _write(hub: Hub, work: Work, who: Subject, shown: Shown, channel: str, state: str, how: str) -> None:
    record = ConsentRecord(
        customer=CustomerKey(partner_id=who.customer.ref, ref=who.customer.ref), purpose=shown.purpose.name, channel=channel,
        state=state, notice=shown.hash, at=work.now, how=how, language=shown.language,
    )  # fmt: skip
    writing.write(hub, work, [record])


def _ask_the_mailbox(hub: Hub, work: Work, who: Subject, shown: Shown, channel: str) -> None:
    """Once, while the first mail still waits for its answer."""
    for ask in work.session.scalars(_waiting(who.person.id, work.now)):
        if (ask.purpose, ask.channel) == (shown.purpose.name, channel):
            return
    ask = work.add(
        ConsentAsk(ref=new_ref(), person_id=who.person.id, purpose=shown.purpose.name, channel=channel, notice=shown.hash,
                   language=shown.language, asked_at=work.now, expires_at=work.now + WAITS)
    )  # fmt: skip
    values = {
        "title": shown.purpose.title(shown.language),
        "link": f"{public_address(hub)}/my/privacy/confirm/{ask.ref}",
    }
    refs = {"customer_id": who.customer.id, "values": values, "channel": "mail"}
    intent = Intent("rights", who.customer.ref, f"confirm:{ask.ref}", refs, "consent_confirm")
    if not effects.announce(hub, work, [(who.customer.id, intent)]):
        raise WrongInput(
            "We cannot send you the mail that confirms it.", "Nothing was changed. Please tell us at the garage."
        )
    work.audit("portal", "consent_asked", "person", who.person.id, purpose=shown.purpose.name, channel=channel)


def public_address(hub: Hub) -> str:
    """Where the region's pages are, as its mails say it."""
    told = (partner.settings.options.get("public") for partner in hub.partners.values())
    return next((str(one).rstrip("/") for one in told if one), f"http://{hub.here.host}:{hub.here.port}")
