"""A name is one text here and two fields there; nothing of it may move when it goes to and fro."""

import pytest

from hub.flow.ours import parts, whole_name


@pytest.mark.parametrize(
    ("given", "family"),
    [("Anna", "Berg"), ("Anna Maria", "van der Berg"), (None, "Berg"), ("Dora", None), (None, None), (None, "de Wit")],
)
def test_a_name_of_two_parts_comes_back_as_it_went(given, family):
    assert parts(whole_name(given, family)) == (given, family)


@pytest.mark.parametrize(
    ("told", "expected"), [("Anna Berg", ("Anna", "Berg")), ("Cher", (None, "Cher")), (None, (None, None))]
)
def test_a_name_told_as_one_text_ends_in_the_family_name(told, expected):
    assert parts(told) == expected
