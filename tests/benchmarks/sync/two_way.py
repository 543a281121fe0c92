"""A day of edits on both sides of HubSpot or Salesforce, on a virtual clock: do both sides agree, what echoed, how many calls too many?

HUB_SYNC_EDITS=50000 HUB_TEST_DATABASES=sqlite python -m pytest -q -s tests/benchmarks/sync/two_way.py

The oracle knows all edits and has the same flush window: for it, each window in which the garage changed a contact is one
write, and all that fit into a batch are one call; what people at HubSpot change costs it nothing, as their webhooks tell it."""

import os
import time
from collections import Counter
from random import Random
from typing import Any

from sqlalchemy import func, select

from benchmark import measured
from editing import Story
from hub.flow import reconcile
from hub.models import Conflict, Message
from hubspots import Portal
from orgs import Org

BENCHMARK = {
    "name": "sync/two_way", "goal": "both sides agree, nothing echoes, no more calls than an oracle", "by": "pytest",
    "environ": {"HUB_SYNC_EDITS": ("500", "50000"), "HUB_TEST_DATABASES": ("sqlite", "sqlite")},
}  # fmt: skip
EDITS = int(os.environ.get("HUB_SYNC_EDITS", "50000"))
SEED = int(os.environ.get("HUB_SYNC_SEED", "7"))
DAY, PEOPLE, WINDOW = 86_400.0, 200, 10  # edits to a window


def test_a_day(portal: Portal) -> None:
    story = Story(portal, Random(SEED), pause=2 * DAY / EDITS)
    story.begin(PEOPLE)
    calls = counting(portal)
    began, worked, optimum = time.monotonic(), time.process_time(), 0
    for _ in range(EDITS // WINDOW):
        before = story.edits["ours"]
        for _ in range(WINDOW):
            story.edit()
        optimum += story.edits["ours"] > before
        story.work(seconds=6)
    seconds, worked = time.monotonic() - began, time.process_time() - worked
    writes = calls["batch/update"] + calls["batch/upsert"]
    pulls = calls["search"]
    story.settle(rounds=3)
    written, wrong = len(portal.writes()), len(story.wrong())
    clean = reconcile.compare(portal.hub, portal.hub.partners["crm"]).clean
    note = f"{dict(story.edits)} of {PEOPLE} contacts; {1000 * worked / EDITS:.0f} ms of CPU each, HubSpot's side in it"
    measured("HubSpot: edits", EDITS / seconds, "/s of ours", note=note)
    measured("HubSpot: wrong in the end", wrong, "values", goal=0, note=f"the comparison is clean: {clean}")
    measured(
        "HubSpot: conflicts, each with its rule",
        count(portal, Conflict),
        "conflicts",
        note=f"{count(portal, Message):,} messages",
    )
    measured(
        "HubSpot: calls that write",
        writes,
        "calls",
        peer=optimum,
        beside="the oracle",
        goal=1.05,
        note=f"{pulls:,} calls that pull",
    )
    measured("HubSpot: echoes", calls["inputs"] - written, "inputs", goal=0, note=f"of {calls['inputs']:,} sent")
    assert (wrong, clean, calls["inputs"] - written) == (0, True, 0)


def test_a_day_of_salesforce(org: Org) -> None:
    """It is asked every 15 s, so whatever both changed meanwhile is a conflict, and decided by when the whole contact changed."""
    story = Story(org, Random(SEED), pause=2 * DAY / EDITS)
    story.begin(PEOPLE)
    told, before, optimum = counting_records(org), org.writes(), 0
    began, worked, calls = time.monotonic(), time.process_time(), org.crm.used
    for _ in range(EDITS // WINDOW):
        edited = story.edits["ours"]
        for _ in range(WINDOW):
            story.edit()
        optimum += story.edits["ours"] > edited
        story.work(seconds=6)
    writes = told["calls"]
    seconds, worked, calls = time.monotonic() - began, time.process_time() - worked, org.crm.used - calls
    story.settle(rounds=3)
    clean = reconcile.compare(org.hub, org.hub.partners["crm"]).clean
    conflicts, ours = count(org, Conflict), story.edits["ours"]
    note = f"{dict(story.edits)}, {calls:,} calls; {1000 * worked / EDITS:.0f} ms of CPU each, Salesforce's side in it"
    measured("Salesforce: edits", EDITS / seconds, "/s of ours", note=note)
    measured(
        "Salesforce: not as the oracle says",
        len(story.wrong()),
        "values",
        note=f"{conflicts:,} conflicts; clean: {clean}",
    )
    measured("Salesforce: our writes", org.writes(), "writes", peer=ours, beside="our edits")
    measured("Salesforce: calls that write", writes, "calls", peer=optimum, beside="the oracle", goal=1.05)
    echoes = told["records"] - (org.writes() - before)
    measured("Salesforce: echoes", echoes, "records", goal=0, note=f"of {told['records']:,} sent")
    assert (clean, echoes) == (True, 0)
    assert len(story.wrong()) <= 2 * conflicts  # each is seen here and there
    assert org.writes() <= ours + conflicts


def count(crm: Portal | Org, model: type) -> int:
    with crm.hub.look() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def counting(portal: Portal) -> Counter[str]:
    api: Any = portal.hub.partners["crm"].connector.objects.api  # type: ignore[attr-defined]
    calls: Counter[str] = Counter()
    real = api.request

    def request(method: str, path: str, **given: Any) -> Any:
        name = "/".join(path.split("/")[-2:]) if "batch" in path else path.split("/")[-1]
        calls[name] += 1
        if name in ("batch/update", "batch/upsert"):
            calls["inputs"] += len(given["json"]["inputs"])
        return real(method, path, **given)

    api.request = request
    return calls


def counting_records(org: Org) -> Counter[str]:
    """Calls of collections that write, and the records in them."""
    api: Any = org.hub.partners["crm"].connector.api  # type: ignore[attr-defined]
    told: Counter[str] = Counter()
    real = api.request

    def request(method: str, path: str, **given: Any) -> Any:
        if "/composite/sobjects" in path and method in ("PATCH", "POST"):
            told["calls"] += 1
            told["records"] += len(given["json"]["records"])
        return real(method, path, **given)

    api.request = request
    return told
