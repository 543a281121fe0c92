"""The trace of a rule, line by line."""

from portal.verdicts import Because, verdicts


def test_lines_stand_at_their_depth_with_their_mark() -> None:
    told = [
        {
            "segment": "s",
            "in": False,
            "member_since": None,
            "sentences": ["no : all of these", "  yes: a is 1; asked: is 1", "free words"],
        }
    ]

    found = verdicts(told, {"s": "Title"})

    assert found[0].because == (
        Because(0, False, "all of these"),
        Because(1, True, "a is 1; asked: is 1"),
        Because(0, None, "free words"),
    )
    assert found[0].title == "Title"


def test_the_page_has_so_many_steps_and_no_more() -> None:
    told = [{"segment": "s", "in": True, "member_since": None, "sentences": [" " * 40 + "yes: deep"]}]

    assert verdicts(told, {})[0].because == (Because(5, True, "deep"),)
