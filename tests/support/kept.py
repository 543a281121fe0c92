"""Documents of the customer whose pages are looked at: a paper of each kind, pictures, a film, and some that wait."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.demo.takes import clip, photo
from hub.flow import documents, releases, sharing, viewing
from hub.flow.admission import admit
from hub.flow.documents import Paper
from hub.flow.drafts import store
from hub.flow.viewing import Look
from hub.models import Customer, Document, Vehicle, Visit
from hub.own import OWN
from mine import Owner
from papers import acting, film, paper


@dataclass
class Kept:
    """Refs by name: invoice, warranty, ended, photo, film, converting, checking. share: address ref and code."""

    refs: dict[str, str] = field(default_factory=dict)
    share: tuple[str, str] = ("", "")


def keep_one(
    hub: Hub, owner: Owner, name: str, kind: str, content: bytes, on: date, title: str = "", **more: Any
) -> str:
    admitted = admit(hub, store(hub, [content], 100_000_000))
    with hub.begin() as work:
        customer = work.session.get_one(Customer, owner.customer_id)
        car = work.session.scalar(select(Vehicle.id).where(Vehicle.ref == owner.cars[0]))
        wanted = Paper(name, kind, title, admitted.media, on, state=admitted.state, reason=admitted.reason, sent=admitted.sent,
                       vehicle_id=car, **more)  # fmt: skip
        return documents.keep(work, hub.partner(OWN).id, customer, wanted, admitted.stored, None).ref


def some_documents(hub: Hub, owner: Owner) -> Kept:
    kept, grey = Kept(), (90, 110, 140)
    with hub.look() as session:
        mine = select(Visit.id).where(Visit.customer_id == owner.customer_id, Visit.local_day == date(2026, 4, 2))
        visit = session.scalar(mine)
    add = kept.refs.__setitem__
    add(
        "film",
        keep_one(
            hub,
            owner,
            "film",
            "video",
            clip("brakes", grey),
            date(2026, 4, 2),
            "We look at your brakes",
            visit_id=visit,
        ),
    )
    releases.work_off(hub)
    add("invoice", keep_one(hub, owner, "R-1", "invoice", paper(), date(2026, 4, 2), "Invoice 2026-03317"))
    add(
        "photo",
        keep_one(hub, owner, "photo", "photo", photo("brakes", grey), date(2026, 4, 2), "Front brakes", visit_id=visit),
    )
    add(
        "warranty",
        keep_one(hub, owner, "W-1", "warranty", paper("Warranty"), date(2026, 4, 2), ends_on=date(2028, 4, 2)),
    )
    add(
        "ended",
        keep_one(hub, owner, "W-0", "warranty", paper("Warranty 0"), date(2023, 11, 20), ends_on=date(2025, 11, 20)),
    )
    add("converting", keep_one(hub, owner, "later", "video", film(seconds=0.3), date(2026, 11, 24), "Underbody"))
    add("checking", keep_one(hub, owner, "acts", "paper", acting("script"), date(2026, 11, 24), "Leasing contract"))
    with hub.begin() as work:
        invoice = work.session.scalars(select(Document).where(Document.ref == kept.refs["invoice"])).one()
        row, code = sharing.share(work, invoice, "Nordring Insurance", timedelta(days=7), "customer")
        kept.share = row.ref, code
        viewing.write(work, invoice.id, Look("share", row.id, 1))
        viewing.write(work, invoice.id, Look("customer", 1, 1, "downloaded"))
        row.opens = 1
    return kept
