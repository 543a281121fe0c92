"""One value put to its tests; missing values are false, and only `missing` asks for them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rules.calendar import Moment, local_day
from rules.operators import MISSING
from rules.tree import Test


def passes_all(tests: Iterable[Test], value: Any, currency: str | None, moment: Moment) -> bool:
    return all(passes(test, value, currency, moment) for test in tests)


def passes(test: Test, value: Any, currency: str | None, moment: Moment) -> bool:
    """currency: of an amount in minor units. Amounts in another than the test's are missing to it."""
    if test.operator is MISSING:
        return value is None
    if value is None or (test.currency is not None and test.currency != currency):
        return False
    if isinstance(value, datetime):
        value = local_day(value, moment.zone)
    return test.operator.test(value, test.operator.on(test.argument, moment.today))
