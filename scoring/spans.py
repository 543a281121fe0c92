"""Days and spans of time on the command line: 2026-11-25, 92d, 39w."""

import re
from datetime import date
from typing import Any

import click

EPOCH = date(1970, 1, 1)
SPAN = re.compile(r"([1-9]\d{0,4})([dw])")
LONGEST = 3660  # days


class _Day(click.ParamType[int]):
    """Days since 1970."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return (date.fromisoformat(str(value)) - EPOCH).days
        except ValueError:
            self.fail(f"“{value}” is no day like 2026-11-25.", param, ctx)


class _Horizon(click.ParamType[int]):
    """Days."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = SPAN.fullmatch(str(value))
        days = int(found[1]) * (7 if found[2] == "w" else 1) if found else 0
        if not 7 <= days <= LONGEST:
            self.fail(f"“{value}” is no span like 92d or 39w (7 to {LONGEST} days).", param, ctx)
        return days


DAY, HORIZON = _Day(), _Horizon()
