"""The function that is made of a rule; that it means what the rule means is proved in test_one_meaning."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from conditions import checked
from rules.compiled import Checks, compiled, zones
from rules.errors import NOWHERE
from rules.tree import SegmentTest
from rules.views import View

MIDNIGHT = datetime(2026, 11, 25, 23, tzinfo=UTC)  # in Berlin
RECENT = checked({"last_on": {"older_than": "30d"}})


class Last(View):
    def fact(self, name: str) -> Any:
        return date(2026, 10, 27) if name == "last_on" else None


def test_a_function_is_made_once_for_all_moments_of_a_day():
    checks = Checks({"recent": (RECENT, "Europe/Berlin")})

    first = checks.at(MIDNIGHT - timedelta(hours=23))["recent"]
    last = checks.at(MIDNIGHT - timedelta(seconds=1))["recent"]

    assert first is last
    assert not last(Last())


def test_a_new_day_in_the_rules_zone_has_a_function_of_its_own():
    checks = Checks({"recent": (RECENT, "Europe/Berlin")})
    before = checks.at(MIDNIGHT - timedelta(seconds=1))["recent"]

    after = checks.at(MIDNIGHT)["recent"]

    assert (before(Last()), after(Last())) == (False, True)


def test_the_day_turns_in_the_zones_of_the_segments_that_it_reads_too():
    node = SegmentTest("recent", True, RECENT, "Asia/Singapore", NOWHERE)
    checks = Checks({"outer": (node, "Europe/Berlin")})
    turn = datetime(2026, 11, 25, 16, tzinfo=UTC)  # midnight in Singapore

    assert list(zones(node)) == ["Asia/Singapore"]
    assert not checks.at(turn - timedelta(seconds=1))["outer"](Last())
    assert checks.at(turn)["outer"](Last())


def test_a_clock_that_goes_back_finds_the_day_before_again():
    checks = Checks({"recent": (RECENT, "Europe/Berlin")})
    assert checks.at(MIDNIGHT)["recent"](Last())

    assert not checks.at(MIDNIGHT - timedelta(hours=1))["recent"](Last())


@pytest.mark.parametrize(
    ("tests", "holds"), [({"is": "missing"}, True), ({"is": "gold"}, False), ({"is_not": "gold"}, False)]
)
def test_a_missing_value_passes_missing_alone(tests, holds):
    assert compiled(checked({"tier": tests}), MIDNIGHT, "UTC")(Last()) is holds
