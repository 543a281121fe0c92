"""What can be said of a journey's graph before anybody walks it: nobody gets stuck, nothing is out of reach, all of it ends."""

from collections.abc import Iterator

from rules.errors import Problem
from rules.journeys.documents import JourneyRule, Jump, Node, Wait

MOST_PASSED = 1_000  # steps of one way through: the jumps' bounds make it finite, this keeps it bearable


def problems_of(rule: JourneyRule) -> list[Problem]:
    return [*_unreached(rule), *_stuck(rule), *_endless(rule), *_twice(rule)]


def reached(rule: JourneyRule) -> set[str]:
    found, waiting = set(), [rule.first]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [to for to in rule.nodes[node].ways.values() if to is not None]
    return found


def _unreached(rule: JourneyRule) -> Iterator[Problem]:
    for name in rule.nodes.keys() - reached(rule):
        yield Problem(rule.nodes[name].mark, f"Nobody gets to “{name}”.", "Remove it, or lead somebody there.")


def _stuck(rule: JourneyRule) -> Iterator[Problem]:
    """A wait that may last for ever, where neither a goal nor an exit would ever end it."""
    for node in rule.nodes.values():
        if isinstance(node.action, Wait) and "over" not in node.ways and not rule.goals and not rule.exits:
            hint = "Add up_to: to it, or a goal or exit to the journey."
            yield Problem(node.mark, f"“{node.id}” may wait for ever.", hint)


def _endless(rule: JourneyRule) -> Iterator[Problem]:
    """Only jumps lead back, and each has a bound: so every way ends, after this many steps at most."""
    jumps = [node for node in rule.nodes.values() if isinstance(node.action, Jump)]
    times = 1 + sum(node.action.at_most for node in jumps if isinstance(node.action, Jump))
    longest = times * len(rule.nodes)
    if jumps and longest > MOST_PASSED:
        what = f"One way through may take {longest:,} steps; {MOST_PASSED:,} is the most."
        yield Problem(jumps[-1].mark, what, "Lower at_most:.")
    for node in jumps:
        if _is_instant(rule, node):
            what = f"“{node.id}” goes round without a wait."
            yield Problem(node.mark, what, "Let a wait stand between the step it jumps to and the jump.")


def _is_instant(rule: JourneyRule, jump: Node) -> bool:
    """Can somebody come from the jump's goal back to the jump without waiting?"""
    seen: set[str] = set()
    waiting = [to for outcome, to in jump.ways.items() if outcome == "again" and to]
    while waiting:
        node = waiting.pop()
        if node == jump.id:
            return True
        if node in seen or isinstance(rule.nodes[node].action, Wait) or "late" in rule.nodes[node].ways:
            continue
        seen.add(node)
        waiting += [to for to in rule.nodes[node].ways.values() if to is not None]
    return False


def _twice(rule: JourneyRule) -> Iterator[Problem]:
    """Two splits of one experiment would deal one arm for two questions."""
    seen: dict[str, str] = {}
    for node in rule.nodes.values():
        experiment = getattr(node.action, "experiment", None)
        if experiment is not None and experiment in seen:
            what = f"“{seen[experiment]}” and “{node.id}” are splits of one experiment."
            yield Problem(node.mark, what, "Give each split an experiment of its own.")
        elif experiment is not None:
            seen[experiment] = node.id
