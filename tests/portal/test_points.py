"""Points, and when they end."""

from datetime import UTC, date, datetime

import pytest

from portal.chain import Points
from portal.points import Ending, Entry, ending

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def entry(day: str, points: int) -> Entry:
    return Entry(datetime.fromisoformat(day).replace(tzinfo=UTC), points, 0, None)


@pytest.mark.parametrize(
    ("entries", "ends"),
    [
        ([("2025-11-30", 20)], [("2026-11-30", 20)]),
        ([("2025-11-30", 20), ("2026-02-01", 10), ("2026-03-01", -25)], [("2027-02-01", 5)]),
        ([("2025-11-30", 20), ("2026-03-01", -20)], []),
        ([("2024-01-01", 20)], []),
        ([("2026-01-05", 3), ("2026-01-05", 4)], [("2027-01-05", 7)]),
        ([("2026-01-05", -4), ("2026-01-06", 4)], [("2027-01-06", 4)]),
    ],
)
def test_the_oldest_points_are_spent_first_and_the_rest_ends(entries, ends):
    found = ending([entry(*one) for one in entries], Points(expire_months=12), NOW)

    assert found == [Ending(date.fromisoformat(on), points) for on, points in ends]


def test_points_that_last_end_never():
    assert ending([entry("2020-01-01", 20)], Points(), NOW) == []
