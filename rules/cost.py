"""How much a rule costs over all customers, beside a single test of a stored fact: a rough figure to compare rules by."""

from rules.tree import (
    Condition,
    ConsentTest,
    EventTest,
    FactTest,
    ScoreTest,
    Sequence,
    VehicleTest,
    parts,
)

# Index scans and groups of one statement over 1 M customers and 10 M events, in units of one indexed column's scan; the
# order of size is what counts (PostgreSQL: 20 ms a fact, 180-286 ms a windowed count, 1.1-1.7 s an absence).
FACT = 1
TABLE = 4  # a score, a consent: a lookup of the latest row
WINDOW = 10  # events of a kind within a window
HISTORY = 40  # events of a kind, ever
STEP = 30  # each step of a sequence looks at the one before
PER_CAR = 2  # cars of a customer, about
DEAR = 200


def cost(condition: Condition) -> int:
    """In units of one test of a stored fact."""
    match condition:
        case FactTest():
            return FACT
        case EventTest():
            groups = 1 + len(condition.measures)
            return groups * (WINDOW if condition.within or condition.since else HISTORY)
        case Sequence():
            return (WINDOW if condition.within else HISTORY) + STEP * (len(condition.steps) - 1)
        case ScoreTest() | ConsentTest():
            return TABLE
        case VehicleTest():
            inner = PER_CAR * (TABLE + cost(condition.condition))
            return 2 * inner if condition.quantifier == "every" else inner
        case _:
            return sum(map(cost, parts(condition))) or TABLE
