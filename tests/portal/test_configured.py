"""Two versions of a document, line by line."""

from portal.configured import compared


def test_lines_far_from_a_change_are_left_out() -> None:
    before = [f"line {n}" for n in range(20)]
    after = [*before[:10], "line ten", *before[11:]]

    rows = compared("\n".join(before), "\n".join(after))

    assert [row.kind for row in rows] == ["gap", "same", "same", "same", "old", "new", "same", "same", "same"]
    assert compared("a", "a") == []
