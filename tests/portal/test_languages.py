"""Four languages: every sentence of the pages in each, numbers and times as each writes them."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

import portal
from desks import Traffic, Visitor
from portal.languages import OFFERED, Languages, catalogue

HOME = Path(portal.__file__).parent
TRANSLATED = sorted(set(OFFERED) - {"en"})
KEYWORDS = {"_": None, "n_": (1, 2), "say": None, "plain": None}


@cache
def sentences() -> set[str | tuple[str, ...]]:
    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    found = extract_from_dir(str(HOME), method_map=methods, keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_sentence_is_translated(code: str) -> None:
    known = {
        message.id
        for message in catalogue(HOME / "locales", code)
        if message.id and all(_strings(message.string)) and not message.fuzzy
    }

    missing = sentences() - known

    assert len(sentences()) > 100
    assert missing == set()


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_names_the_same_values(code: str) -> None:
    problems = [
        (message.id, str(error)) for message, errors in catalogue(HOME / "locales", code).check() for error in errors
    ]

    assert problems == []


@pytest.mark.parametrize(
    ("code", "number", "time"),
    [("en", "1,234.5", "10:00:00"), ("de", "1.234,5", "10:00:00"), ("ar", "1,234.5", "10:00:00 ص")],
)
def test_numbers_and_times_are_written_as_the_language_does(code: str, number: str, time: str) -> None:
    tongue = Languages("Europe/Berlin").tongues[code]

    assert tongue.number(1234.5) == number
    assert tongue.time(datetime(2026, 11, 25, 9, tzinfo=UTC)) == time


def test_a_value_in_a_sentence_is_no_markup() -> None:
    tongue = Languages("UTC").tongues["en"]

    assert tongue.say("Signed in as %(name)s.", name="<b>") == "Signed in as &lt;b&gt;."
    assert tongue.plain("100% <b>") == "100% <b>"


@pytest.mark.parametrize(
    ("asked", "tag"), [("de-AT,en;q=0.5", "de-DE"), ("ar-SA", "ar-AE"), ("fr,th;q=0.4", "th-TH"), ("ja", "en-GB")]
)
def test_the_browsers_wish_is_heard(visitor: Visitor, asked: str, tag: str) -> None:
    assert f'lang="{tag}"' in visitor.get("/", Accept_Language=asked).text


def test_a_choice_by_hand_wins_and_is_remembered(visitor: Visitor) -> None:
    assert 'dir="rtl"' in visitor.get("/?lang=ar", Accept_Language="de").text
    assert 'lang="ar-AE" dir="rtl"' in visitor.get("/sign-in", Accept_Language="de").text
    assert 'lang="de-DE"' in visitor.get("/sign-in?lang=de").text


@pytest.mark.parametrize("query", ["lang=xx", "lang=../de", "theme=<b>", "lang="])
def test_an_unknown_choice_changes_nothing(visitor: Visitor, query: str) -> None:
    answer = visitor.get(f"/?{query}")

    assert "Set-Cookie" not in answer.headers
    assert 'lang="en-GB" dir="ltr">' in answer.text


def test_dark_by_hand(visitor: Visitor) -> None:
    assert 'data-theme="dark"' in visitor.get("/?theme=dark").text
    assert 'data-theme="dark"' in visitor.get("/").text
    assert "data-theme" not in visitor.get("/?theme=system").text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (1.234, "1.2 s"), (42.4, "42 s"), (4260, "71 min"), (10800, "3 h"), (172800, "2 d")],
)
def test_a_length_of_time_is_told_in_a_unit_that_fits(seconds: float, words: str) -> None:
    assert Languages("UTC").tongues["en"].lasting(seconds) == words


def test_names_of_ours_keep_their_direction(operator: Visitor, traffic: Traffic) -> None:
    text = operator.get("/operations/?lang=ar").text

    assert '<bdi dir="ltr">hubspot_eu</bdi>' in text


def _strings(string: object) -> list[str]:
    return [string] if isinstance(string, str) else list(string)  # type: ignore[call-overload]
