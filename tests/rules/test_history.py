"""Events, cars and scores by example: what a rule's words mean, whatever SQL and the predicate agree on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from language import CATALOGUE
from rules.check import Checker
from rules.given import Given
from rules.parse import read_text
from rules.predicate import EventSeen, ScoreSeen, VehicleSeen, holds, trace
from rules.tree import Condition

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def condition(when: str) -> Condition:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    checker = Checker(source, CATALOGUE)
    found = checker.condition(source.top["when"], source.top, "when")
    assert found is not None, checker.problems
    return found


def true_of(when: str, now: datetime = NOW, **given: Any) -> bool:
    return holds(condition(when), Given(given), now, "Europe/Berlin")


def ago(kind: str, days: int, **more: Any) -> EventSeen:
    return EventSeen(kind, TODAY - timedelta(days=days), id=1000 - days, **more)


def paid(days: int, minor: int, currency: str = "EUR") -> EventSeen:
    return ago("visit", days, amount_minor=minor, currency=currency)


# --- aggregates


def test_a_sum_leaves_out_other_currencies_and_is_nothing_of_nothing() -> None:
    spent = "{event: {kind: visit, within: 30d, sum: {amount: {at_least: 100 EUR}}}}"

    assert true_of(spent, events=[paid(1, 6000), paid(29, 4000)])
    assert not true_of(spent, events=[paid(1, 6000), paid(30, 4000)])
    assert not true_of(spent, events=[paid(1, 6000), paid(2, 9000, "USD")])
    assert true_of("{event: {kind: visit, sum: {amount: {is: 0 EUR}}}}")


def test_sums_of_numbers_are_exact_to_the_thousandth() -> None:
    tenths = [ago("visit", 1, attributes={"items": 0.1}), ago("visit", 2, attributes={"items": 0.2})]

    assert true_of("{event: {kind: visit, sum: {items: {is: 0.3}}}}", events=tenths)
    assert not true_of("{event: {kind: visit, sum: {items: {above: 0.3}}}}", events=tenths)


def test_least_and_most_and_last_of_nothing_are_missing() -> None:
    for how in ("min", "max", "last"):
        assert true_of(f"{{event: {{kind: visit, {how}: {{items: {{is: missing}}}}}}}}")
        assert not true_of(f"{{event: {{kind: visit, {how}: {{items: {{below: 5}}}}}}}}")


def test_the_last_event_is_the_latest_whatever_the_order_they_were_told_in() -> None:
    scores = [ago("survey", 3, attributes={"score": 9}), ago("survey", 1, attributes={"score": 2})]

    assert true_of("{event: {kind: survey, last: {score: {below: 7}}}}", events=scores)
    assert true_of("{event: {kind: survey, last: {day: {within: 2d}}}}", events=list(reversed(scores)))


@pytest.mark.parametrize(
    ("period", "inside", "outside"),
    [
        ("this_week", date(2026, 11, 23), date(2026, 11, 22)),  # the 25th is a Wednesday
        ("last_week", date(2026, 11, 16), date(2026, 11, 23)),
        ("this_month", date(2026, 11, 1), date(2026, 11, 26)),  # what is to come has not happened
        ("last_month", date(2026, 10, 31), date(2026, 11, 1)),
        ("this_quarter", date(2026, 10, 1), date(2026, 9, 30)),
        ("last_quarter", date(2026, 7, 1), date(2026, 10, 1)),
        ("this_year", date(2026, 1, 1), date(2025, 12, 31)),
        ("last_year", date(2025, 12, 31), date(2026, 1, 1)),
    ],
)
def test_periods_are_whole_local_days(period: str, inside: date, outside: date) -> None:
    when = f"{{event: {{kind: visit, during: {period}}}}}"

    assert true_of(when, events=[EventSeen("visit", inside)])
    assert not true_of(when, events=[EventSeen("visit", outside)])


# --- one after another

DECLINED = "{sequence: {by: vehicle, within: 60d, steps: [recommendation_declined, {not: booking_made, within: 14d}]}}"


def declined(days: int, car: int | None = 1) -> EventSeen:
    return ago("recommendation_declined", days, vehicle_id=car)


def booked(days: int, car: int | None = 1) -> EventSeen:
    return ago("booking_made", days, vehicle_id=car)


def test_an_absence_holds_only_when_its_window_is_over() -> None:
    assert not true_of(DECLINED, events=[declined(14)])
    assert true_of(DECLINED, events=[declined(15)])


def test_what_happens_within_the_window_ends_it_and_what_comes_later_does_not() -> None:
    assert not true_of(DECLINED, events=[declined(40), booked(26)])
    assert true_of(DECLINED, events=[declined(40), booked(25)])
    assert true_of(DECLINED, events=[booked(41), declined(40)])


def test_another_car_is_another_story_and_no_car_is_none() -> None:
    assert true_of(DECLINED, events=[declined(40, car=1), booked(30, car=2)])
    assert not true_of(DECLINED, events=[declined(40, car=None)])


def test_the_first_event_lies_within_the_window_of_the_whole() -> None:
    assert true_of(DECLINED, events=[declined(59)])
    assert not true_of(DECLINED, events=[declined(60)])


def test_one_step_follows_another_in_time_and_nothing_may_lie_between() -> None:
    when = "{sequence: {steps: [visit, {not: complaint}, {event: survey, within: 7d}]}}"

    assert true_of(when, events=[ago("visit", 9), ago("survey", 2)])
    assert not true_of(when, events=[ago("visit", 10), ago("survey", 2)])
    assert not true_of(when, events=[ago("survey", 9), ago("visit", 2)])
    assert not true_of(when, events=[ago("visit", 9), ago("complaint", 5), ago("survey", 2)])
    assert true_of(when, events=[ago("visit", 9), ago("complaint", 5), ago("visit", 4), ago("survey", 2)])


def test_the_run_that_fits_is_named_by_its_events() -> None:
    found = trace(condition(DECLINED), Given({"events": [declined(40), booked(30), declined(20)]}), NOW, "UTC")

    assert (found.holds, found.event_ids) == (True, (980,))


# --- cars and scores


def car(number: int, since: date = date(2020, 1, 1), until: date | None = None, **facts: Any) -> VehicleSeen:
    return VehicleSeen(number, since, until, facts)


def test_all_conditions_are_of_one_and_the_same_car() -> None:
    when = "{vehicle: {some: [{fuel: {is: diesel}}, {age: {at_least: 4y}}]}}"
    old, young = date(2022, 11, 25), date(2022, 11, 26)

    assert true_of(when, vehicles=[car(1, fuel="diesel", age=old)])
    assert not true_of(when, vehicles=[car(1, fuel="diesel", age=young), car(2, fuel="petrol", age=old)])


def test_every_over_no_car_is_false_and_none_is_true() -> None:
    assert not true_of("{vehicle: {every: [{fuel: {is: diesel}}]}}")
    assert true_of("{vehicle: {none: [{fuel: {is: diesel}}]}}")


def test_a_car_counts_on_the_days_it_is_owned() -> None:
    when = "{vehicle: {some: [{fuel: {is: diesel}}]}}"

    assert true_of(when, vehicles=[car(1, TODAY, TODAY + timedelta(days=1), fuel="diesel")])
    assert not true_of(when, vehicles=[car(1, until=TODAY, fuel="diesel")])
    assert not true_of(when, vehicles=[car(1, TODAY + timedelta(days=1), fuel="diesel")])


def test_of_a_car_only_its_own_events_count() -> None:
    when = "{vehicle: {some: [{event: {kind: visit, at_least: 2}}]}}"

    assert true_of(when, vehicles=[car(1)], events=[ago("visit", 1, vehicle_id=1), ago("visit", 2, vehicle_id=1)])
    assert not true_of(
        when, vehicles=[car(1), car(2)], events=[ago("visit", 1, vehicle_id=1), ago("visit", 2, vehicle_id=2)]
    )


def rated(*values: float, low: float = 0.1) -> list[tuple[str, ScoreSeen]]:
    """One a day, the last one yesterday."""
    first = TODAY - timedelta(days=len(values))
    return [("churn", ScoreSeen(v, v - low, v + low, 9, first + timedelta(days=n), n)) for n, v in enumerate(values)]


def test_between_entering_and_leaving_a_score_stays_as_it_was() -> None:
    when = "{score.churn: {at_least: 0.6, leave_below: 0.5}}"

    assert true_of(when, scores=rated(0.3, 0.6, 0.5, 0.55))
    assert not true_of(when, scores=rated(0.6, 0.49, 0.55))
    assert not true_of(when, scores=rated(0.55, 0.59))


def test_a_score_that_is_unsure_or_old_does_not_count() -> None:
    when = "{score.churn: {at_least: 0.6, min_confidence: 0.75, max_age: 7d}}"

    assert true_of(when, scores=rated(0.7))
    assert not true_of(when, scores=rated(0.7, low=0.2))
    assert not true_of(when, now=NOW + timedelta(days=6), scores=rated(0.7))
    assert not true_of(when, scores=[])


def test_the_day_turns_with_the_clocks_of_the_zone() -> None:
    """On 25 October 2026 Berlin's day has 25 hours: 23:30 UTC of the 24th is already the 25th, and 22:59 UTC of it the last."""
    when = "{event: {kind: visit, within: 1d}}"
    seen = [EventSeen("visit", date(2026, 10, 25))]

    for at, inside in (((24, 21, 59), False), ((24, 22, 0), True), ((25, 22, 59), True), ((25, 23, 0), False)):
        assert true_of(when, now=datetime(2026, 10, *at, tzinfo=UTC), events=seen) == inside
