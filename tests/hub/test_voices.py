"""Why somebody is in a segment, in four languages: every sentence is translated, and values are written as the language does."""

from datetime import UTC, date, datetime

import pytest
from babel.messages.pofile import read_po

from hub.voices import SENTENCES, voice
from hub.wording import FOLDER, PLACES
from language import CATALOGUE
from rules.check import Checker
from rules.explain import Explained, explain
from rules.given import Given
from rules.parse import read_text
from rules.voice import ENGLISH

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WHEN = (
    "{all: [{visits.last_on: {older_than: 180d}}, {spend.total: {above: 2000 EUR}},"
    " {event: {kind: visit, at_most: 2, within: 30d}}]}"
)


def told(language: str, when: str, given: dict[str, object]) -> Explained:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    checker = Checker(source, CATALOGUE)
    condition = checker.condition(source.top["when"], source.top, "when")
    assert condition is not None, checker.problems
    return explain(condition, Given(given), NOW, "UTC", voice(language))


@pytest.mark.parametrize("code", sorted(set(PLACES) - {"en"}))
def test_every_sentence_is_translated_and_names_the_same_values(code: str) -> None:
    with (FOLDER / f"{code}.verdicts.po").open("rb") as file:
        known = read_po(file, locale=code)

    assert {message.id for message in known if message.id and message.string} == SENTENCES
    assert [(message.id, error) for message, errors in known.check() for error in errors] == []


def test_in_english_it_is_told_as_the_rules_tell_it() -> None:
    assert voice("en") is voice("fr") is ENGLISH


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "de",
            (
                "nein: alle diese Bedingungen",
                "  ja  : visits.last_on ist 01.05.2026; verlangt: älter als 180 Tage",
                "  nein: spend.total ist 1.249,50 EUR; verlangt: über 2.000,00 EUR",
                "  ja  : Ereignisse visit: 0 (Zeitraum: 30 Tage); verlangt: 0 bis 2",
            ),
        ),
        ("ar", ("لا : كل هذه الشروط",)),
        ("th", ("ไม่: ครบทุกข้อต่อไปนี้", "  ใช่: visits.last_on คือ 1 พ.ค. 2026; เงื่อนไข: เก่ากว่า 180 วัน")),
    ],
)
def test_a_trace_is_told_in_the_language_with_its_own_days_numbers_and_amounts(
    language: str, lines: tuple[str, ...]
) -> None:
    given = {"visits.last_on": date(2026, 5, 1), "spend.total": 124_950, "spend.currency": "EUR"}

    assert told(language, WHEN, given).sentences[: len(lines)] == lines


def test_from_right_to_left_latin_names_keep_their_order() -> None:
    found = told("ar", "{visits.count: {at_least: 3}}", {"visits.count": 1})

    assert found.outlook == ("للدخول: \u2068visits.count\u2069 هو 1؛ ما يلزم: لا يقل عن 3",)
