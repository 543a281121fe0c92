"""What of the returns may be handed on: no number of fewer people than are asked for, and none from which another would follow."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.core import Hub
from hub.errors import Denied
from hub.flow.roi import WHOLE

RETURNS = "returns"
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Withheld:
    """hidden: campaigns that may not be told by themselves. together: whether they may be told together. enough: whether anything
    may be told at all, as enough people have bought. least: people that each number counts."""

    hidden: frozenset[str]
    together: bool
    enough: bool
    least: int


def least_people(hub: Hub) -> int:
    """As the strictest plugin asks. Raises Denied where none does: then nothing leaves."""
    asked = hub.plugins.hook.least_people(config=hub.settings.config, release=RETURNS)
    if not asked:
        raise Denied(
            "Nobody says how many people a number must count before it leaves.", "Add compliance to the plugins."
        )
    return max(int(one) for one in asked)


def of_returns(told: Mapping[str, Document], branch: str, k: int) -> Withheld:
    """told: branch -> what roi told of it; of all branches, as one that is withheld must not follow from the whole and the rest.

    Hidden are campaigns with an arm of too few people at this branch, and those that would give them away: the one that is alone
    with them in what all others of the table leave of the total, or its other branches of the whole."""
    mine, others = told[branch], {one: document for one, document in told.items() if one not in (WHOLE, branch)}
    heads = {name: _heads(one) for name, one in mine["campaigns"].items()}
    buyers = {one: _buyers(document) for one, document in others.items()}
    enough = _buyers(mine) >= k or not _buyers(mine)
    if branch != WHOLE:
        enough = enough and branch not in withheld({**buyers, branch: _buyers(mine)}, k)
        for name in heads:
            by_branch = {one: _heads(document["campaigns"].get(name)) for one, document in others.items()}
            if branch in withheld({**by_branch, branch: heads[name]}, k):
                heads[name] = min(heads[name], k - 1)
    hidden = withheld(heads, k, max)
    together = max((_heads(mine["campaigns"][name]) for name in hidden), default=k) >= k
    return Withheld(hidden, together, enough, k)


def withheld(counts: Mapping[str, int], k: int, joined: Callable[[Iterable[int]], int] = sum) -> frozenset[str]:
    """Names whose count is too small to be told, and the smallest others until these hold k people together. Where nobody is
    counted, nobody is found. joined: sum where nobody is counted twice; else max, as more cannot be sure."""
    found = {name for name, number in counts.items() if 0 < number < k}
    others = sorted((number, name) for name, number in counts.items() if number >= k)
    while found and others and joined(counts[name] for name in found) < k:
        found.add(others.pop(0)[1])
    return frozenset(found)


def _heads(campaign: Mapping[str, Any] | None) -> int:
    """People of the smaller arm: a mean of three is as good as their names."""
    return min((number for number in campaign["people"].values() if number), default=0) if campaign else 0


def _buyers(document: Document) -> int:
    """One: of a count from before it was written down; it is counted anew within minutes."""
    return int(document.get("buyers", 1))
