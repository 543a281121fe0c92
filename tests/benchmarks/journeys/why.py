"""Does `why` name a reason for whatever did not go, and for every way through a journey? A year of the demo garage is lived again,
day by day, with all journeys of the house in force: python tests/benchmarks/journeys/why.py [customers] [days]

Everything is the hub's own but the partners, who take whatever they are told, and the clock, which stands until it is moved. Each
customer is then asked about by `told_why`, as `hub journeys why` does. What has no reason is told by its kind."""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

sys.path.insert(0, "tests/support")

from redis import Redis
from sqlalchemy import select

from benchmark import measured
from hub import clock as moving
from hub.cli.running import open_region
from hub.core import Hub, build_hub
from hub.demo.history import history, month
from hub.demo.rows import Pen, Row
from hub.demo.world.books import DAYS, make_world
from hub.flow import applying, customers, outbox, pipeline, told_why
from hub.models import Customer
from hub.sdk import Outcome, Push
from hub.sdk.row_checks import checked
from hub.settings import load_settings
from town import Standing

BENCHMARK = {
    "name": "journeys/why", "goal": "a reason for 100 % of what did not go, and of ways, in the demo year",
    "quick": ["40", "60"], "full": ["300", "365"],
}  # fmt: skip
REGION, SEED, TODAY = "eu", 7, date(2026, 11, 20)
LOOKS = (7, 10, 14, 18)  # o'clock UTC at which time moves on
AT_ONCE = 400  # rows of one fold
GONE, ON_THE_WAY = ("sent", "unknown"), ("waiting", "expected", "queued")


class Takes:
    """A partner who says yes to everything; in all else the house's own connector."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return [Outcome(push.key, "sent") for push in batch]


def fold(hub: Hub, rows: Iterable[Row]) -> None:
    """As the shop's webhooks do, some hundred at once."""
    shop, some = hub.partner(f"shop_{REGION}"), list(rows)
    words: Any = shop.connector
    for start in range(0, len(some), AT_ONCE):
        kept = [words.incoming(checked(json.loads(json.dumps(row)))) for row in some[start : start + AT_ONCE]]
        told = [record for one in kept for record in words.normalise(one.payload)]
        with hub.begin() as work:
            folded = customers.fold(hub, work, shop, told)
            pipeline.follow(hub, work, folded.touched, folded.intents)


def put_in_force(hub: Hub) -> None:
    for name, rule in sorted(hub.book.current().journeys.items()):
        text = (hub.settings.config / "journeys" / f"{name}.yaml").read_text(encoding="utf-8")
        applying.apply(hub, rule, text, "benchmark", existing=True)


def live(hub: Hub, clock: Standing, days: int, pens: Sequence[Pen]) -> None:
    """Each day's rows, told on that day; time moves on some times a day, and whatever is due goes."""
    told: dict[str, list[Row]] = {}
    for pen in pens:
        for rows in month(pen, DAYS - days, clock.now):
            told.setdefault(str(rows[0]["at"])[:10], []).extend(rows)
    first = TODAY - timedelta(days=days - 1)
    rng, partners = Random(3), {partner.id: partner for partner in hub.partners.values()}
    for day in (first + timedelta(days=number) for number in range(days)):
        for hour in LOOKS:
            clock.now = max(clock.now, datetime.combine(day, time(hour), UTC))
            if hour == LOOKS[-1]:
                fold(hub, told.get(day.isoformat(), ()))
            moving.turn_segments(hub)
            moving.keep_time(hub)
            with hub.begin() as work:
                outbox.expire(work, partners)
            for partner in hub.partners.values():
                while partner.connector.kind == "channel" and pipeline.send(hub, partner, rng):
                    pass


def asked(hub: Hub) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """What there was to explain, what of it has no reason, and how messages ended."""
    asked_of, silent, ends = Counter[str](), Counter[str](), Counter[str]()
    with hub.look() as session:
        refs = list(session.scalars(select(Customer.ref)))

    def judged(kind: str, reason: object) -> None:
        asked_of[kind] += 1
        silent[kind] += not reason

    for ref in refs:
        for one in told_why.why(hub, ref):
            judged("door", one["door"]["because"])
            for way in one["ways"]:
                judged("way", way["wakes_at"] or way["at"] if way["state"] in ON_THE_WAY else way["reason"])
                for step in way["steps"]:
                    judged("step", step["outcome"])
                    _messages(step, judged, ends)
    return asked_of, silent, ends


def _messages(step: Mapping[str, Any], judged: Any, ends: Counter[str]) -> None:
    for sent in step["messages"]:
        ends[f"{sent['state']} {sent['why']}".strip()] += 1
        if sent["state"] not in GONE:
            judged("message", sent["why"] in outbox.WHY and sent["reason"])
    if step["outcome"] == "put" and not step["messages"]:
        ends[f"unsent {step.get('unsent', '')}".strip()] += 1
        judged("message", step.get("unsent"))


def main(people: int, days: int) -> None:
    clock = Standing(datetime.combine(TODAY - timedelta(days=days), time(20), UTC))
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"HUB_HOME": folder, "HUB_CONFIG": "config"})
        open_region(settings, REGION, lambda: clock.now)
        hub = build_hub(settings, REGION, Redis.from_url("unix:///nowhere"), clock=clock)
        for name, partner in hub.partners.items():
            hub.partners[name] = replace(partner, connector=Takes(partner.connector))  # type: ignore[index, arg-type]
        pens = [Pen(books) for books in make_world(REGION, people, TODAY, SEED)]
        for pen in pens:
            fold(hub, history(pen, DAYS - days, clock.now))
        put_in_force(hub)
        live(hub, clock, days, pens)
        asked_of, silent, ends = asked(hub)
        hub.close()
    print("messages:", ", ".join(f"{count:,} {how}" for how, count in ends.most_common()))
    print("without a reason:", dict(+silent) or "nothing")
    for kind, count in sorted(asked_of.items()):
        measured(
            f"{kind}s with a reason", 100 * (1 - silent[kind] / count), "%", goal=100.0, more=True, note=f"{count:,}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, int(sys.argv[2]) if len(sys.argv) > 2 else 365)
