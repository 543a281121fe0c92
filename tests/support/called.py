"""A list of calls as the scorers leave it behind, made by hand."""

from typing import Any

from hub.core import Hub
from hub.flow import scores
from hub.models import Outreach


def a_call(hub: Hub, customer_id: int, **given: Any) -> int:
    """A line of today's list of the branch of the pages' tests; its id."""
    line: dict[str, Any] = {
        "branch": "berlin-spree", "listed_on": scores.today(hub), "rank": 1, "control": False, "safety": False,
        "service": "brakes", "chance": 0.31, "value_minor": 1800, "currency": "EUR", "reasons": ["declined_days=90:+"],
        "model": "m",
    }  # fmt: skip
    with hub.begin() as work:
        row = Outreach(customer_id=customer_id, **line | given)
        work.add(row)
    return row.id
