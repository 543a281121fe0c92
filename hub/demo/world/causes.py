"""Why things happen in the demo garage, and how strongly: the only place where a size is written down."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any


def size(value: float, unit: str, says: str) -> Any:
    return field(default=value, metadata={"unit": unit, "says": says})


@dataclass(frozen=True)
class Causes:
    """Rates are chances per week unless said. They were chosen for a believable garage, not for a model, and stay."""

    # the car asks for it
    service_km: float = size(15_000, "km", "a car is due for service after so many km ...")
    service_days: float = size(365, "days", "... or so much time, whatever comes first")
    service_due: float = size(0.032, "per week", "a due car of a keen owner comes for service")
    service_early: float = size(0.0012, "per week", "a car that is not due comes for service")
    repair: float = size(0.0015, "per week", "something else needs mending on a new car")
    repair_by_age: float = size(0.09, "share per year of age", "an older car needs mending more often")
    inspection_due: float = size(0.016, "per week", "a car whose legal inspection is due comes for it")
    # the year asks for it
    tyre_users: float = size(
        0.36, "share of owners", "have their wheels changed in spring and autumn where winters are"
    )
    tyres: float = size(0.075, "per week of the season", "such an owner comes for the wheels")
    cooling: float = size(0.022, "per week of the season", "an owner comes for the air conditioning before the heat")
    # what was advised
    findings: float = size(0.30, "per visit", "defects found on a new car")
    findings_by_age: float = size(0.055, "per visit and year of age", "more are found on an older car")
    sold_at_once: float = size(0.62, "share", "advised work is bought by an owner with ordinary trust")
    sold_by_trust: float = size(0.10, "share per unit of trust", "trust sells")
    sold_by_price: float = size(-0.14, "share per doubling of the price", "a dear part is declined more often")
    breakdown: float = size(0.0009, "per week", "a car breaks down")
    brake_return: float = size(7.0, "times", "a car whose brake work was declined breaks down so much more often")
    # why somebody leaves; each wears off
    leave_anyway: float = size(0.0016, "per week", "people move away or change their minds")
    leave_after_bad_score: float = size(0.026, "per week at first", "a visit felt at 6 or less of 10")
    leave_after_price_shock: float = size(0.022, "per week at first", "a bill above the shock mark")
    leave_after_long_wait: float = size(0.013, "per week at first", "more minutes at the desk than the wait mark")
    leave_with_household: float = size(0.012, "per week at first", "somebody of the household has left")
    leave_after_pestering: float = size(0.020, "per week at first", "an offer that annoyed")
    leave_with_the_car: float = size(0.30, "share", "whoever sells the last car and buys none here is gone")
    wears_off: float = size(0.93, "share kept per week", "anger wears off: half of it is gone in ten weeks")
    shock_mark: float = size(1.75, "times what such a visit costs", "a bill above this is a shock")
    wait_mark: float = size(40, "minutes", "a wait above this is long")
    wait_usual: float = size(10, "minutes", "the wait of a usual day; a full day makes it longer")
    price_rise: float = size(0.14, "share", "one branch of each region raises its prices in the second year")
    # how a visit is felt
    felt_usual: float = size(8.85, "points of 10", "an ordinary visit")
    felt_wait: float = size(-1.5, "points", "a long wait")
    felt_shock: float = size(-1.5, "points", "a price shock")
    felt_fault: float = size(-4.0, "points", "the work was botched")
    botched: float = size(0.028, "share of visits", "the work was botched")
    answers: float = size(0.42, "share of visits", "the survey is answered")
    complains: float = size(0.22, "share of visits felt at 6 or less", "somebody complains")
    # what campaigns do
    contacted: float = size(0.80, "share", "get an offer; the others are left alone, for comparison")
    persuadable: float = size(0.25, "share of people", "come more often for three weeks after an offer")
    sure: float = size(0.33, "share of people", "would have come anyway")
    annoyed: float = size(0.09, "share of people", "are annoyed by every offer; the rest does not care")
    lift: float = size(1.6, "times on top", "what an offer adds for the persuadable")
    # cars and people move
    car_sold: float = size(0.0019, "per week", "a car is sold")
    sold_within: float = size(0.30, "share of sales", "the buyer is another customer of the branch")
    replaced: float = size(0.80, "share of sales", "the seller comes with another car")
    newcomers: float = size(0.42, "share of people", "joined within the three years")
    referred: float = size(0.16, "share of newcomers", "were sent by another customer")
    drivers: float = size(0.05, "share of people", "drive a car of a fleet under contract")
    members: float = size(0.58, "share of people", "hold a loyalty card")
    # what else they agree to
    agrees_sms: float = size(0.34, "share of people", "agree to offers by text message")
    agrees_chat: float = size(0.22, "share of people", "agree to hear of their car by chat")
    agrees_profiling: float = size(0.57, "share of people", "agree to be profiled")
    takes_it_back: float = size(0.08, "share of those agreements", "is taken back later")
    missed: float = size(0.05, "share of visits", "had an appointment before that was missed or called off")


CAUSES = Causes()


def told(causes: Causes = CAUSES) -> Iterator[tuple[str, float, str, str]]:
    """Name, size, unit and what it says, in the order of the file."""
    for one in fields(causes):
        yield one.name, float(getattr(causes, one.name)), one.metadata["unit"], one.metadata["says"]
