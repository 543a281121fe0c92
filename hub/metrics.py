"""What a region tells a Prometheus, in its text format, and a dashboard for Grafana made of the same list.

Counts, seconds and names of connections only: nothing here is about a person."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError
from rq import Worker

from hub.core import Hub
from hub.status import status_of

TOKEN = "HUB_METRICS_TOKEN"  # noqa: S105 - the name of a setting
MIME = "text/plain; version=0.0.4; charset=utf-8"
COLUMNS, HEIGHT = 24, 8  # of Grafana's grid


@dataclass(frozen=True)
class Metric:
    """All are gauges: they say how it stands. legend: of Grafana, by label. unit: Grafana's word for it."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    unit: str = "short"


METRICS = (
    Metric("hub_lag_seconds", "Age of the oldest delivery or message that is due.", ("connection",), "s"),
    Metric("hub_inbox_deliveries", "Deliveries by state.", ("connection", "state")),
    Metric("hub_outbox_messages", "Messages by state.", ("connection", "state")),
    Metric("hub_dead_letters_open", "Dead letters that nobody has replayed or discarded.", ("connection",)),
    Metric("hub_connection_well", "1 while a partner is told and asked, 0 while it rests, is parked, paused or off.", ("connection",)),
    Metric("hub_limit_used", "Calls taken of a partner's window.", ("connection", "window")),
    Metric("hub_limit_calls", "Calls that a partner's window holds.", ("connection", "window")),
    Metric("hub_incidents_unmended", "Memberships that are not what their rule gives.", ("segment",)),
    Metric("hub_workers", "Workers of the region that Valkey knows."),
    Metric("hub_bells", "Bells that wait for a worker."),
    Metric("hub_clock_running", "1 while one process moves time."),
    Metric("hub_valkey_answers", "1 while Valkey answers."),
    Metric("hub_configuration_right", "1 while the newest files are in force, 0 while the last good ones are."),
    Metric("hub_customers", "Customers of the region."),
)  # fmt: skip

Sample = tuple[str, tuple[str, ...], float]  # metric, values of its labels, value


def exposition(hub: Hub) -> str:
    """The text format 0.0.4: HELP, TYPE, and a line for each sample."""
    found: dict[str, list[str]] = {}
    for name, values, value in _samples(hub):
        found.setdefault(name, []).append(_line(hub.region_code, _METRICS[name], values, value))
    blocks = [
        f"# HELP {one.name} {one.help}\n# TYPE {one.name} gauge\n" + "".join(found[one.name])
        for one in METRICS
        if one.name in found
    ]
    return "".join(blocks)


def dashboard() -> str:
    """For Grafana's import: a panel for each metric, a line for each region and label."""
    across = COLUMNS // 2
    panels = [
        {
            "id": number, "type": "timeseries", "title": one.help.rstrip("."), "datasource": {"type": "prometheus", "uid": "${source}"},
            "gridPos": {"x": number % 2 * across, "y": number // 2 * HEIGHT, "w": across, "h": HEIGHT},
            "fieldConfig": {"defaults": {"unit": one.unit, "min": 0}, "overrides": []},
            "targets": [{"expr": f'{one.name}{{region=~"$region"}}', "legendFormat": _legend(one), "refId": "A"}],
        }
        for number, one in enumerate(METRICS)
    ]  # fmt: skip
    region = {"name": "region", "type": "query", "query": "label_values(hub_customers, region)", "multi": True,
              "includeAll": True, "datasource": {"type": "prometheus", "uid": "${source}"}}  # fmt: skip
    source = {"name": "source", "type": "datasource", "query": "prometheus"}
    return json.dumps(
        {
            "title": "Garage Hub", "uid": "garage-hub", "schemaVersion": 39, "refresh": "30s", "timezone": "browser",
            "time": {"from": "now-6h", "to": "now"}, "templating": {"list": [source, region]}, "panels": panels,
        },
        indent=1,
    )  # fmt: skip


_METRICS = {one.name: one for one in METRICS}


def _legend(one: Metric) -> str:
    return " ".join("{{" + label + "}}" for label in ("region", *one.labels))


def _samples(hub: Hub) -> Iterator[Sample]:
    status = status_of(hub)
    for one in status["connections"]:
        yield from _of_connection(one)
    for partner in hub.partners.values():
        yield from _limits(partner)
    for each in status["incidents"]:
        yield "hub_incidents_unmended", (each["segment"],), each["unmended"]
    yield from _of_valkey(hub)
    yield "hub_clock_running", (), status["clock"]
    yield "hub_valkey_answers", (), status["valkey"]
    yield "hub_configuration_right", (), not status["configuration"]["wrong"]
    yield "hub_customers", (), status["customers"]


def _of_connection(one: Mapping[str, Any]) -> Iterator[Sample]:
    name = one["name"]
    yield "hub_lag_seconds", (name,), one["lag"]
    yield "hub_dead_letters_open", (name,), one["dead_letters"]
    yield "hub_connection_well", (name,), one["health"] == "well"
    for metric, side in (("hub_inbox_deliveries", "inbox"), ("hub_outbox_messages", "outbox")):
        for state, count in sorted(one[side].items()):
            yield metric, (name, state.replace(" ", "_")), count


def _limits(partner: Any) -> Iterator[Sample]:
    budget = getattr(partner.api, "budget", None)
    try:
        for one in budget.used() if budget is not None else ():
            yield "hub_limit_used", (partner.name, one.name), one.used
            yield "hub_limit_calls", (partner.name, one.name), one.limit
    except RedisError:
        return


def _of_valkey(hub: Hub) -> Iterator[Sample]:
    """Nothing while it is silent: that is told by a metric of its own."""
    try:
        yield "hub_workers", (), len(Worker.all(queue=hub.bell.queue))
        yield "hub_bells", (), hub.bell.queue.count
    except RedisError:
        return


def _line(region: str, metric: Metric, values: tuple[str, ...], value: float) -> str:
    labels = zip(("region", *metric.labels), (region, *values), strict=True)
    return f"{metric.name}{{{','.join(f'{name}={_quoted(text)}' for name, text in labels)}}} {float(value):g}\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'
