"""What customers have agreed to beside offers by mail: for what, on which channel; drawn from a stream of its own."""

from collections.abc import Mapping

import numpy as np

from hub.demo.world.causes import Causes
from hub.demo.world.dice import Rng, chance
from hub.demo.world.people import People
from hub.demo.world.state import Column

# purpose, channel, the cause that says how many agree
AGREEMENTS = (
    ("marketing", "sms", "agrees_sms"),
    ("service_notice", "chat", "agrees_chat"),
    ("profiling", "api", "agrees_profiling"),
)
ASKED_AGAIN = 30  # days after joining, at least, before somebody takes it back


def make_agreements(people: People, days: int, causes: Causes, rng: Rng) -> Mapping[str, Column]:
    """owner, day, granted, about; each given on the day of joining, taken back on a later one. days: of the history."""
    here = np.flatnonzero(people.joined < days)
    parts = []
    for about, (_, _, name) in enumerate(AGREEMENTS):
        given = here[chance(rng, getattr(causes, name), len(here))]
        first = np.maximum(people.joined[given], 0) + ASKED_AGAIN
        ends = first + (rng.random(len(given)) * np.maximum(days - first, 0)).astype(np.int64)
        back = chance(rng, causes.takes_it_back, len(given)) & (ends < days)
        parts += [_rows(given, people.joined[given], True, about), _rows(given[back], ends[back], False, about)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _rows(owner: Column, day: Column, granted: bool, about: int) -> dict[str, Column]:
    count = len(owner)
    return {"owner": owner, "day": day, "granted": np.full(count, granted), "about": np.full(count, about)}
