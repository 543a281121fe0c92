"""A question makes no customer: whoever only asked is in no segment, unknown to scores and partners, until they become one."""

import runpy
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, text

from hub import clock as moving
from hub import migrations
from hub.access import principal_named
from hub.flow import customers, outward, pipeline, reconcile, seen, strangers
from hub.models import Customer, Membership, Profile
from hub.past.reading import unused
from hub.regions import open_engine
from hub.sdk import CustomerKey, CustomerRecord, EventRecord
from hub.status import status_of
from office import MAPPING, a_mapping, keep_in_step

STEPS = runpy.run_path(str(Path(migrations.__file__).parent / "versions" / "0040_guests_without_profiles.py"))
NEVER_CAME = """
segment: never_came
title: Never came
zone: Europe/Berlin
when: {not: {visits.count: {at_least: 2}}}
examples:
- {name: nothing, given: {}, now: 2026-11-25, expect: in}
- {name: two visits, given: {visits.count: 2}, now: 2026-11-25, expect: out}
"""


def asked(hub, once="form-1"):
    """(id, ref) of somebody who asked from a site."""
    with hub.begin() as work:
        found = strangers.receive(hub, work, once, "Zoë Canary", "zoe@example.org", "https://garage.example", "de")
        return found.id, found.ref


def told(hub, record):
    """By a partner, taken through as a delivery's would be."""
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["files"], [record])
        pipeline.follow(hub, work, folded.touched, folded.intents)


def a_visit(ref):
    key, at = CustomerKey(partner_id="C-1", ref=ref), datetime(2026, 11, 20, 10, tzinfo=UTC)
    return EventRecord(customer=key, kind="visit", key="v-1", at=at, zone="Europe/Berlin")


def members(hub):
    with hub.look() as session:
        mine = (Membership.segment == "never_came", Membership.left_at.is_(None))
        return session.scalars(select(Membership.customer_id).where(*mine)).all()


def counts(hub, customer_id):
    """Is this a customer: to rules, to what learns of the past, to the figures of the region, to whoever talks with them?"""
    with hub.look() as session:
        return (
            customer_id in seen.load(session, hub.book.catalogue, [customer_id]),
            customer_id not in unused(session),
            status_of(hub)["customers"] == 1,
            not strangers.is_stranger(session, customer_id),
        )


def test_a_question_makes_no_customer_and_what_a_partner_tells_of_them_does(hub, settings):
    (settings.config / "segments" / "never_came.yaml").write_text(NEVER_CAME)
    hub.book.looked_at -= 5
    customer_id, ref = asked(hub)
    moving.turn_segments(hub)
    assert counts(hub, customer_id) == (False,) * 4
    assert members(hub) == []

    told(hub, a_visit(ref))

    assert counts(hub, customer_id) == (True,) * 4
    assert members(hub) == [customer_id], "all rules are asked, as of whoever is new"
    with hub.look() as session:
        assert session.scalars(select(Profile.visits_count)).all() == [1]


def test_strangers_of_an_earlier_version_leave_what_they_were_taken_for_customers_in(hub, settings):
    (settings.config / "segments" / "never_came.yaml").write_text(NEVER_CAME)
    hub.book.looked_at -= 5
    asked(hub)
    told(hub, CustomerRecord(customer=CustomerKey(partner_id="C-2"), name="Ada"))
    engine = open_engine(settings.owner_url("eu"))

    def migrated(*steps):
        with engine.begin() as connection:
            for step in steps:
                connection.execute(text(STEPS[step]))
        moving.turn_segments(hub)
        return len(members(hub)), status_of(hub)["customers"]

    assert migrated("COME_BACK") == (2, 2), "as the version before counted"
    assert migrated("ANEW", "GO") == (1, 1)
    assert migrated("COME_BACK", "COME_BACK")[1] == 2, "back, and once"
    engine.dispose()


def test_the_same_form_again_is_the_same_stranger_and_still_none(hub):
    first, again = asked(hub), asked(hub)

    assert first == again
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Profile)) == 0


def test_a_crm_that_is_kept_in_step_is_told_of_customers_alone(hub, office):
    partner, mapping = hub.partners["crm"], a_mapping(MAPPING.replace("creates: [here]", "creates: [here, there]"))
    keep_in_step(hub, office, mapping)
    customer_id, ref = asked(hub)

    def wanted():
        with hub.begin() as work:
            return outward.want(hub, work, partner, mapping, mapping.objects[0], {customer_id}, make=True)

    def missing():
        return [one.customer_id for one in reconcile.compare(hub, partner).findings if one.found == "missing_there"]

    assert (wanted(), missing()) == (0, [])

    told(hub, CustomerRecord(customer=CustomerKey(partner_id="C-1", ref=ref), email="zoe@example.net"))

    assert missing() == [customer_id]


def test_who_signs_in_is_no_stranger(hub):
    customer_id, _ = asked(hub)
    with hub.begin() as work:
        principal_named(work, "Zoë", ("customer",)).person_id = work.session.scalar(select(Customer.person_id))

    with hub.look() as session:
        assert not strangers.is_stranger(session, customer_id)
