"""Reasons in sentences: every code of our scorers has one, in four languages, with the value seen and which way it speaks."""

import pytest
from babel.messages.pofile import read_po

from hub import wording as words
from hub.wording import FACTS, FOLDER, OF_CARS, PLACES, SENTENCES, wording
from scoring.churn import FACTS as CHURN

TRANSLATED = sorted(set(PLACES) - {"en"})


def test_every_fact_of_our_scorers_has_a_sentence() -> None:
    assert {*CHURN, *OF_CARS} == set(FACTS)


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_sentence_is_translated_and_names_the_same_values(code: str) -> None:
    with (FOLDER / f"{code}.wording.po").open("rb") as file:
        known = read_po(file, locale=code)

    assert {message.id for message in known if message.id and message.string} == SENTENCES
    assert [(message.id, error) for message, errors in known.check() for error in errors] == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("en", "Last visit: 230 days ago, which speaks for staying away."),
        ("de", "Letzter Besuch: 230 Tage her, was fürs Wegbleiben spricht."),
        ("ar", "آخر زيارة: قبل 230 يومًا، وهذا يرجّح الغياب."),
        ("th", "มาครั้งล่าสุดเมื่อ 230 วันที่แล้ว ซึ่งบ่งชี้ว่าอาจไม่กลับมา"),
    ],
)
def test_a_reason_is_a_sentence(code: str, said: str) -> None:
    assert wording(code).reason("visits.silent_days", 230.0, "+") == said


@pytest.mark.parametrize(
    ("fact", "value", "direction", "said"),
    [
        ("visits.silent_days", 1, "-", "Last visit: 1 day ago, which speaks for coming back."),
        ("survey.last", None, "+", "Has answered no survey lately, which speaks for staying away."),
        ("consent.marketing", 0, "+", "Does not agree to advertising, which speaks for staying away."),
        ("consent.marketing", 1, "-", "Agrees to advertising, which speaks for coming back."),
        ("spend.trend", 0.0, "-", "Spent 100% of what they used to in a year, which speaks for coming back."),
        ("done_due", 1.2, "+", "120% of this car’s usual interval have passed."),
        ("season", 1, "+", "Was done in this season last year."),
        ("acme.moon", 2.0, "-", "acme.moon is 2, which speaks against it."),
    ],
)
def test_the_value_seen_and_the_direction_are_told(fact: str, value: float | None, direction: str, said: str) -> None:
    assert wording("en").reason(fact, value, direction) == said


def test_what_to_propose_is_a_sentence_and_so_is_nothing() -> None:
    english = wording("en")

    assert english.proposal("Brake work", (0.3, 0.25, 0.36), safety=False) == (
        "Propose: Brake work. 30% likely within half a year, between 25% and 36%."
    )
    assert "safety finding" in english.proposal("Brake work", (0.3, 0.25, 0.36), safety=True)
    assert english.denied("phone: said no") == "Not to be proposed: phone: said no."
    assert (english.nothing(), english.abstained()) == (words.NOTHING, words.ABSTAINED)


def test_a_language_without_sentences_is_told_in_english() -> None:
    assert wording("fr") is not None
    assert wording("fr").nothing() == words.NOTHING
