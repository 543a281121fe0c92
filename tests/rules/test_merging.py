"""Three-way merge: no lost edit without a conflict, and merging again changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.merging import Side, merge
from rules.syncmap import DIRECTIONS, OWNERS, FieldRule

T0 = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = ("silver", "gold", "platinum")
words = st.one_of(st.none(), st.sampled_from(ORDER))
lists = st.sets(st.sampled_from("abcd")).map(lambda some: ";".join(sorted(some)) or None)
times = st.one_of(st.none(), st.integers(0, 9).map(lambda hours: T0 + timedelta(hours=hours)))


def a_rule(owner: str = "newest", direction: str = "both") -> FieldRule:
    return FieldRule("theirs", "ours", "text", direction, owner, "crm_sync", ORDER if owner == "highest" else ())


@st.composite
def cases(draw):
    owner = draw(st.sampled_from(OWNERS))
    values = lists if owner == "union" else words
    rule = a_rule(owner, draw(st.sampled_from(DIRECTIONS)))
    return rule, draw(values), Side(draw(values), draw(times)), Side(draw(values), draw(times))


@given(cases())
def test_the_result_merged_again_with_either_side_is_the_result(case):
    rule, base, ours, theirs = case
    merged = merge(rule, base, ours, theirs)
    if merged.winner == "open":
        return
    agreed = Side(merged.value)
    assert merge(rule, merged.value, agreed, agreed).value == merged.value
    assert merge(rule, base, agreed, agreed).winner == "same"


@given(cases())
def test_no_edit_is_lost_without_a_conflict(case):
    rule, base, ours, theirs = case
    merged = merge(rule, base, ours, theirs)
    if merged.conflict or rule.owner == "union":
        return
    for side, silent in ((ours, rule.direction == "in"), (theirs, rule.direction == "out")):
        if side.value not in (base, merged.value):
            assert (silent, base) == (True, None)


@given(lists, lists, lists)
def test_a_union_keeps_what_either_added_and_drops_what_either_took_out(base, mine, other):
    merged = merge(a_rule("union"), base, Side(mine), Side(other))
    as_set = lambda text: set((text or "").split(";")) - {""}  # noqa: E731
    b, m, o, result = map(as_set, (base, mine, other, merged.value))
    if m != b and o != b and m != o:
        assert (m | o) - b <= result
        assert result.isdisjoint((b - m) | (b - o))
    assert not merged.conflict


@given(words, words, words, times, times)
def test_the_newest_word_counts_whichever_side_it_is_on(base, mine, other, ours_at, theirs_at):
    merged = merge(a_rule("newest"), base, Side(mine, ours_at), Side(other, theirs_at))
    if merged.conflict and ours_at and theirs_at:
        assert merged.value == (other if theirs_at > ours_at else mine)


@pytest.mark.parametrize(
    ("owner", "expected"), [("ours", "silver"), ("theirs", "gold"), ("highest", "gold"), ("manual", "silver")]
)
def test_when_both_changed_the_owner_decides(owner, expected):
    merged = merge(a_rule(owner), "platinum", Side("silver"), Side("gold"))

    assert (merged.value, merged.conflict) == (expected, True)


def test_one_sided_edits_need_no_owner():
    assert merge(a_rule("ours"), "gold", Side("gold"), Side("silver")).value == "silver"
    assert merge(a_rule("theirs"), "gold", Side("silver"), Side("gold")).value == "silver"
