"""Deadlines are data: a month is a month, and a file that is wrong says where."""

import re
from datetime import date
from pathlib import Path

import pytest

from compliance.periods import Deadline, deadline_of, deadlines_of, problems_of
from hub.errors import ConfigError

CONFIG = Path(__file__).parents[2] / "config"

REVIEWED = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("days", "months", "asked", "due"),
    [
        (0, 1, date(2026, 11, 25), date(2026, 12, 25)), (0, 1, date(2026, 1, 31), date(2026, 2, 28)),
        (0, 1, date(2028, 1, 31), date(2028, 2, 29)), (0, 3, date(2026, 11, 30), date(2027, 2, 28)),
        (30, 0, date(2026, 11, 25), date(2026, 12, 25)),
    ],
)  # fmt: skip
def test_when_an_answer_is_due(days: int, months: int, asked: date, due: date) -> None:
    assert Deadline(days, months, "a law", REVIEWED).due(asked) == due


def test_the_jurisdictions_own_period_stands_before_the_default(tmp_path):
    write(
        tmp_path,
        "default: {months: 1, source: a, reviewed_on: 2026-06-30}\nSG: {days: 30, source: b, reviewed_on: 2026-06-30}\n",
    )

    assert deadline_of(tmp_path, "SG").source == "b"
    assert deadline_of(tmp_path, "DE").source == "a"


@pytest.mark.parametrize("law", deadlines_of(CONFIG))
def test_each_period_of_ours_names_an_article_and_the_day_it_was_read(law):
    period = deadlines_of(CONFIG)[law]

    assert re.search(r"\b(Art|s|reg)\. \d", period.source), period.source
    assert date(2026, 6, 1) <= period.reviewed_on


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SG: {days: 30}", "there is no “default”"),
        ("default: {days: 30}", r"deadlines.yaml:1: a deadline needs"),
        ("default: {dayz: 30, days: 1, source: a, reviewed_on: 2026-06-30}", "no “dayz”"),
        ("default: {days: -1, source: a, reviewed_on: 2026-06-30}", "whole numbers"),
        ("default: {days: 3, source: a, reviewed_on: soon}", "no day"),
        ("default: {days: 3, source: a, reviewed_on: 2026-06-30, unverified: 3}", "in words"),
        ("default: {days: [", "no YAML"),
    ],
)
def test_a_wrong_file_says_where(tmp_path, text, said):
    write(tmp_path, text)

    with pytest.raises(ConfigError, match=said):
        deadline_of(tmp_path, "DE")


def test_a_missing_file_is_missed(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        deadline_of(tmp_path, "DE")


def write(folder, text):
    (folder / "privacy").mkdir()
    (folder / "privacy" / "deadlines.yaml").write_text(text)


def test_every_wrong_entry_is_told_at_once(tmp_path):
    good = "{days: 30, source: a, reviewed_on: 2026-06-30}"
    write(
        tmp_path,
        f"default: {good}\nDE: {{days: 3}}\nSG: {good}\nAE: {{days: no, source: a, reviewed_on: 2026-06-30}}\n",
    )

    assert [problem.rpartition("deadlines.yaml:")[2][:2] for problem in problems_of(tmp_path)] == ["2:", "4:"]
