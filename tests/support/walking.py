"""Journeys at work for a test: a document put in force, things that happen to customers, and what came of them."""

from sqlalchemy import select

from hub.flow import applying, customers, pipeline
from hub.models import Enrollment, StepLog
from hub.sdk import CustomerKey, EventRecord
from rules.journeys.read import read_journey
from rules.parse import read_text

HEAD = """
journey: checked
title: A journey for a test
zone: Europe/Berlin
purpose: service_notice
holdout: 0
exempt_or_not: here
enter: {event: {kind: complaint}}
goal: {kind: survey}
exit: [{name: came_back, event: {kind: visit}}]
steps:
  - {id: hello, message: {channel: sms, template: hello}}
  - {id: pause, wait: 3d}
  - {id: call, task: {role: advisor, title: Call, within: 8h, calendar: workshop_eu}}
tests: [{name: t, from: 2026-03-01, ends: never}]
"""
PLAIN = HEAD.replace("holdout: 0\nexempt_or_not: here\n", "exempt: booking\n")


def applied(hub, text=PLAIN, **how):
    rule = read_journey(
        read_text(text.encode(), "checked.yaml"), hub.book.catalogue, hub.book.current().segments, believed=True
    )
    return rule, applying.apply(hub, rule, text, "tester", **how)


def happens(hub, number, kind, at=None, key=None):
    with hub.begin() as work:
        at = at or work.now
        who = CustomerKey(partner_id=number, customer_number=number)
        record = EventRecord(customer=who, kind=kind, key=key or f"{number}:{kind}:{at}", at=at, zone="Europe/Berlin")
        folded = customers.fold(hub, work, hub.partners["files"], [record])
        pipeline.follow(hub, work, folded.touched, folded.intents)


def rows(hub, model, *order):
    with hub.look() as session:
        return list(session.scalars(select(model).order_by(*order)))


def ways(hub):
    return rows(hub, Enrollment, Enrollment.id)


def trace(hub):
    return [(one.node, one.outcome) for one in rows(hub, StepLog, StepLog.enrollment_id, StepLog.seq)]
