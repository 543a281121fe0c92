"""Two who change one text: what each did is told apart, and woven where they do not meet."""

from hypothesis import given
from hypothesis import strategies as st

from hub.flow.threeway import chunks, woven

BASE = "a\nb\nc\nd\ne\n"
TEXT = st.lists(st.sampled_from("abcd"), max_size=12).map(lambda lines: "".join(f"{line}\n" for line in lines))


def kinds(mine, theirs, base=BASE):
    return [one.kind for one in chunks(base, mine, theirs)]


def test_changes_in_different_places_are_woven_into_one():
    mine, theirs = BASE.replace("a\n", "A\n"), BASE.replace("e\n", "E\n")

    assert kinds(mine, theirs) == ["mine", "same", "theirs"]
    assert woven(chunks(BASE, mine, theirs)) == "A\nb\nc\nd\nE\n"


def test_changes_of_one_place_clash_and_mine_is_kept_for_me_to_judge():
    found = chunks(BASE, BASE.replace("c", "mine"), BASE.replace("c", "theirs"))

    assert [one.kind for one in found] == ["same", "clash", "same"]
    assert (found[1].base, found[1].mine, found[1].theirs) == (("c",), ("mine",), ("theirs",))
    assert "mine" in woven(found)


def test_what_both_changed_alike_is_no_clash():
    assert kinds(BASE.replace("c", "C"), BASE.replace("c", "C")) == ["same", "both", "same"]


def test_what_one_added_and_another_removed_elsewhere():
    assert woven(chunks(BASE, "new\n" + BASE, BASE.replace("d\n", ""))) == "new\na\nb\nc\ne\n"


@given(TEXT, TEXT)
def test_if_one_of_us_changed_nothing_the_others_text_stands(base, other):
    assert woven(chunks(base, base, other)) == other
    assert woven(chunks(base, other, base)) == other


@given(TEXT, TEXT, TEXT)
def test_no_line_of_anybody_is_lost_from_sight(base, mine, theirs):
    found = chunks(base, mine, theirs)
    for text, side in ((base, "base"), (mine, "mine"), (theirs, "theirs")):
        assert [line for one in found for line in getattr(one, side)] == text.splitlines()
