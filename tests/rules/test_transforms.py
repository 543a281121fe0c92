"""A value in a partner's spelling and ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.transforms import TRANSFORMS, Unfit, canonical, settled, spoken

GOOD = {
    "text": [("  Anna   Maria ", "Anna Maria")],
    "lower": [("DE-de", "de-de")],
    "upper": [("abc", "ABC")],
    "email": [(" Anna@Example.ORG ", "anna@example.org")],
    "phone": [("+49 (170) 1-2", "+4917012"), ("0170/12", "017012")],
    "day": [("2026-01-31T00:00:00Z", "2026-01-31"), ("1769817600000", "2026-01-31")],
    "day_ms": [("1769817600000", "2026-01-31")],
    "list": [("b; a;b;", "a;b")],
}
BAD = {"email": "nobody", "phone": "-", "day": "31.1.26", "day_ms": "soon"}


@pytest.mark.parametrize(("name", "told", "ours"), [(name, *pair) for name, pairs in GOOD.items() for pair in pairs])
def test_a_value_is_read_in_our_spelling(name, told, ours):
    assert canonical(name, {}, told) == ours


@pytest.mark.parametrize(("name", "told"), BAD.items())
def test_a_value_that_does_not_fit_is_refused_without_naming_it(name, told):
    with pytest.raises(Unfit) as error:
        canonical(name, {}, told)
    assert told not in str(error.value)


@pytest.mark.parametrize("name", [*TRANSFORMS, "words"])
@pytest.mark.parametrize("empty", [None, "", "  "])
def test_nothing_is_nothing_in_every_spelling(name, empty):
    words = {"de": "German"}
    assert canonical(name, words, empty) is None
    assert spoken(name, words, empty) is None


def test_words_are_translated_both_ways():
    words = {"de": "German", "en": "English"}

    assert canonical("words", words, "German") == "de"
    assert spoken("words", words, "en") == "English"
    with pytest.raises(Unfit):
        spoken("words", words, "fr")


@given(st.sampled_from(["text", "lower", "upper", "list", "phone", "email"]), st.text(max_size=20))
def test_what_came_in_goes_out_and_comes_in_the_same(name, told):
    try:
        ours = canonical(name, {}, told)
    except Unfit:
        return
    assert settled(name, {}, ours) == ours
