"""A journey that a marketer wrote at the desk, with a version before it and people on their way."""

from sqlalchemy import select

from hub.core import Hub
from hub.flow import proposals, written
from hub.flow.proposals import Wish
from hub.models import Customer, Enrollment, JourneyVersion

THANKS = """\
journey: thanks
title: Thanks after a complaint
zone: Europe/Berlin
purpose: service_notice
exempt: booking
enter: {event: {kind: complaint}}
goal: {kind: survey}
steps:
  - {id: pause, wait: 3d}
  - {id: patience, wait: 2d}
tests:
  - name: they wait
    from: 2026-03-02
    when: [{kind: complaint, on: 2026-03-02, at: "10:15"}]
    then:
      - {on: 2026-03-05, step: pause, is: over}
      - {on: 2026-03-07, step: patience, is: over}
    ends: done
"""
LONGER = (
    THANKS.replace("pause, wait: 3d", "pause, wait: 5d").replace("2026-03-05", "2026-03-07")
    .replace("on: 2026-03-07, step: patience", "on: 2026-03-09, step: patience")
)  # fmt: skip
BY = "principal:1"


def proposed(
    hub: Hub, text: str, base: str | None = None, name: str = "thanks", kind: str = "journeys", **more: object
) -> int:
    """base: None for the file as it stands."""
    began = written.standing(hub, kind, name) if base is None else base
    return proposals.propose(hub, Wish(kind, name, began, text, **more), BY).id  # type: ignore[arg-type]


def worked_off(hub: Hub) -> None:
    while proposals.work_off(hub):
        pass


def a_journey_from_the_desk(hub: Hub) -> int:
    """Its first version with some on their way, and a second one put in force over them; answers the second's proposal."""
    proposed(hub, THANKS)
    worked_off(hub)
    with hub.begin() as work:
        version = work.session.scalars(select(JourneyVersion).where(JourneyVersion.journey == "thanks")).one()
        for number, customer_id in enumerate(work.session.scalars(select(Customer.id).order_by(Customer.id).limit(5))):
            work.add(
                Enrollment(journey="thanks", version_id=version.id, customer_id=customer_id, subject_id=customer_id, generation=1,
                           entry="event", state="waiting", node=("pause", "patience")[number % 2], visits={}, made_at=work.now,
                           entered_at=work.now, since=work.now, wake_at=None, reason="")
            )  # fmt: skip
    number = proposed(hub, LONGER, fate="stay")
    worked_off(hub)
    return number
