"""Twenty thousand questions to the API, as its own description allows them: python -m pytest -s tests/benchmarks/runtime/api_cases.py

API_CASES says how many; a quarter as many calls more are walks along the links of what was answered. Each answer is held against the
description; none may be a server's error."""

import os

from flask import Flask

from benchmark import measured
from described import STEPS, a_customer, asked, token_of, walked
from hub.core import Hub

BENCHMARK = {
    "name": "runtime/api_cases", "goal": "20,000 cases: no answer is a server's error, or other than described", "by": "pytest",
    "environ": {"API_CASES": ("1000", "20000"), "HUB_TEST_DATABASES": ("sqlite", "sqlite")},
}  # fmt: skip
CASES = int(os.environ.get("API_CASES", "20000"))


def test_many_cases(app: Flask, hub: Hub) -> None:
    told, problems = asked(app, token_of(hub), CASES * 5 // 4)  # those without a word of their own are one case each

    for one in problems:
        print(" ".join(one.split())[:600])
    measured("cases that were answered otherwise", len(problems), "operations", goal=0,
             note=f"{sum(told.values()):,} cases: {dict(told)}")  # fmt: skip
    assert sum(told.values()) >= CASES or problems


def test_many_walks(app: Flask, hub: Hub) -> None:
    told, problems = walked(app, token_of(hub), a_customer(hub), CASES // 4 // STEPS)

    for one in problems:
        print(" ".join(one.split())[:600])
    good = sum(count for (_, status), count in told.items() if status < 300)
    measured("calls of walks that were answered otherwise", len(problems), "calls", goal=0,
             note=f"{sum(told.values()):,} calls, {good:,} of them with success")  # fmt: skip
    assert sum(told.values()) >= CASES // 8 or problems
