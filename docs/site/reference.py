"""The pages of the reference, each made from the part of the code that it is about."""

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api_page import api
from code_pages import connectors, hooks
from command_pages import commands
from tables import code, table

import hub.errors
from hub.catalogue import catalogue
from hub.errors import HubError
from hub.metrics import METRICS
from hub.plugins import load_plugins
from hub.providers import ProviderSettings
from hub.sdk.kit.table import Level
from hub.sdk.testing import rows
from hub.settings import ConnectionSettings, Idle, Offline, RegionSettings, Timing, load_settings
from hub.stores import StoreSettings
from hub.variables import VARIABLES
from hub.web.catalogue import EVENTS, schema_of
from rules.journeys.measures import MEASURES
from rules.operators import AGES, MISSING, ROWS

CONFIG = Path(__file__).parents[2] / "config"
TREE = re.compile(r"── (\w+)(?: +\d{3})? +(\S.*)")  # as it is drawn at the top of hub/errors.py
ARGUMENTS = {
    "same": "a value of the fact's type",
    "list": "a list",
    "pair": "two values, both included",
    "span": "a span: 30d, 12mo, 4y",
    "period": "a period of the calendar",
    "text": "a text",
    "missing": "the word missing",
}


def facts() -> str:
    known = catalogue(load_plugins(load_settings(config=CONFIG).plugins))
    head = ("fact", "type", "unit", "meaning")

    def told(found: Any) -> str:
        return table(head, ((code(one.name), one.type, one.unit, one.meaning) for one in found))

    events = (
        (code(one.name), ", ".join(f"`{name}` {type_}" for name, type_ in one.all_fields.items()), one.meaning)
        for one in known.events.values()
    )
    measures = (
        (code(one.name), one.kind, "more" if one.more_is_worse else "less", one.meaning) for one in MEASURES.values()
    )
    scores = ((code(f"score.{name}"), meaning) for name, meaning in known.scores.items())
    return (
        "# Facts and events\n\nWhat a condition may name. A plugin adds its own by `register_facts`; this page shows the "
        "core's and those of the plugins in `config/hub.yaml`.\n\n"
        f"## Of a customer\n\n{told(known.facts.values())}\n\n"
        f"## Of a car\n\nInside `vehicle: {{some: [...]}}`, `every` or `none`.\n\n{told(known.vehicle.values())}\n\n"
        f"## Scores\n\n{table(('key', 'meaning'), scores)}\n\n"
        f"## Events\n\n{table(('kind', 'fields for `where`', 'meaning'), events)}\n\n"
        f"## Nodes of a tree\n\n{', '.join(map(code, known.nodes))}, a fact, or a score.\n\n"
        f"Purposes of `consent`: {', '.join(map(code, known.purposes))}. Channels: {', '.join(map(code, known.channels))}.\n\n"
        "## Measures of guardrails\n\n`guardrails: [{measure: opt_outs, bound: 0.01, stop: true}]`, of a journey beside its "
        "holdout, or below `split` of each arm beside the one they are compared with. `bound` is in the measure's unit: 0.01 "
        "of a share is one in a hundred. Red, green and open are always-valid intervals beyond, within and over the bound, "
        "with one alpha for all guardrails of all arms together (Bonferroni; Dunn 1961). `stop`, in a split only: an arm "
        "that is red is dealt to nobody any more.\n\n"
        f"{table(('measure', 'kind', 'worse is', 'meaning'), measures)}\n"
    )


def operators() -> str:
    told = [
        (code(one.name), ", ".join(sorted(one.types)), ARGUMENTS[one.argument], one.words)
        for one in (*ROWS, *AGES, MISSING)
    ]
    return (
        "# Operators\n\nA test on a missing value is false, and `not` negates that. Types are checked when a file is "
        "read; nothing is converted. `is: missing` asks for the absence itself.\n\n"
        + table(("operator", "types", "argument", "says"), told)
        + "\n"
    )


def settings() -> str:
    def fields(of: type) -> str:
        told = [
            (code(one.name), _default(one), one.metadata["meaning"])
            for one in dataclasses.fields(of)
            if "meaning" in one.metadata
        ]
        return table(("setting", "default", "meaning"), told)

    return (
        "# Settings\n\n## Environment\n\n"
        + table(("variable", "default", "meaning"), ((code(one.name), one.default, one.meaning) for one in VARIABLES))
        + "\n\n## hub.yaml\n\n`plugins` lists what loads; installed is not active. Secrets never stand in the file.\n\n"
        f"### regions\n\n{fields(RegionSettings)}\n\n#### staff_sign_in\n\nInside a region.\n\n{fields(ProviderSettings)}\n\n"
        f"#### documents\n\nInside a region; needs the extra `s3`.\n\n{fields(StoreSettings)}\n\n"
        f"### connections\n\n{fields(ConnectionSettings)}\n\n"
        f"### timing\n\nIn seconds.\n\n{fields(Timing)}\n\n"
        f"### idle\n\nIn minutes; a session that is in use ends after twelve hours.\n\n{fields(Idle)}\n\n"
        f"### offline\n\nWhat customers may let their device keep for when the line is lost.\n\n{fields(Offline)}\n"
    )


def _default(one: dataclasses.Field[Any]) -> str:
    if one.default_factory is not dataclasses.MISSING:
        return "none"
    return "must be given" if one.default is dataclasses.MISSING else code(one.default) or "none"


def errors() -> str:
    import portal  # noqa: F401 - brings errors of its own
    from hub.flow import approvals  # noqa: F401 - the same

    found = sorted(_below(HubError), key=lambda one: (one.status, one.code))
    drawn = {name: says for name, says in TREE.findall(hub.errors.__doc__ or "")}
    told = [
        (code(one.code), one.status, code(one.__name__), drawn.get(one.__name__) or (one.__doc__ or "").split("\n")[0])
        for one in found
    ]
    return (
        "# Errors\n\nThe API answers problems of RFC 9457: `application/problem+json` with `type` "
        "(`urn:garage-hub:problem:` and the code), `title`, `status`, `code`, `detail`, and `hint` where there is a way to mend "
        "it. Codes are stable; sentences are not.\n\nWhat Flask itself refuses has the name of its status as code "
        "(`method_not_allowed`, `unprocessable_content` with `errors` by field). A defect of ours is `defect`, 500, and never shows "
        "a value. Commands end with 0 (well), 1 (the input is wrong), 2 (the call is wrong), 3 (a part is down).\n\n"
        + table(("code", "status", "class", "what"), told)
        + "\n"
    )


def _below(one: type[HubError]) -> set[type[HubError]]:
    return {one}.union(*(_below(under) for under in one.__subclasses__()))


def metrics() -> str:
    told = [(code(one.name), ", ".join(map(code, ("region", *one.labels))), one.help) for one in METRICS]
    return (
        "# Metrics\n\n`GET /metrics` in the text format of Prometheus; `hub metrics --dashboard` prints a dashboard for "
        "Grafana made of this list. All are gauges; none is about a person.\n\n"
        + table(("metric", "labels", "meaning"), told)
        + "\n"
    )


def webhooks() -> str:
    blocks = [
        f"## {name}\n\n{title}\n\n```json\n{json.dumps(schema_of(name, shape), indent=1)}\n```"
        for name, (title, shape) in EVENTS.items()
    ]
    return (
        "# Webhooks\n\nWhat partners hear, signed as [Standard Webhooks](https://www.standardwebhooks.com) say; how to take "
        "part is a [tutorial](../tutorials/partner.md). `GET /api/v1/webhooks/events` answers the same schemas.\n\n"
        + "\n\n".join(blocks)
        + "\n"
    )


def checks() -> str:
    told = [(code(one.id), one.level, one.title, one.proves) for one in rows()]
    levels = " ".join((Level.__doc__ or "").split())
    return (
        f"# Checks of the kit\n\n`hub connector check NAME` runs {len(told)} checks against a connector's own sandbox. Levels are "
        f"computed. {levels}\n\n" + table(("check", "level", "what", "why"), told) + "\n"
    )


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "settings": settings,
    "hooks": hooks,
    "connectors": connectors,
    "checks": checks,
    "facts": facts,
    "operators": operators,
    "api": api,
    "webhooks": webhooks,
    "errors": errors,
    "metrics": metrics,
}
