"""Makes, maker groups and names."""

from scoring.likeness import group_of, name_likeness, same


def test_makes_that_share_platforms_are_one_group() -> None:
    assert group_of("Skoda") == group_of(" VOLKSWAGEN ") != group_of("Toyota")


def test_a_make_that_nobody_named_stands_alone() -> None:
    assert group_of("Rivian") == "rivian"


def test_names_that_share_letters_are_alike() -> None:
    golf, polo = name_likeness(["Golf"], ["Golf Plus", "Polo"])[0]

    assert golf > polo
    assert name_likeness(["Golf"], ["GOLF"])[0, 0] == 1


def test_equal_words_are_marked() -> None:
    assert same(["a", "b"], ["b"]).tolist() == [[0.0], [1.0]]
