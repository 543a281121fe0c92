"""What is wrong reads as place, mistake and mend."""

from rules.errors import NOWHERE, Mark, Problem, RuleError


def test_problems_are_told_once_and_in_the_order_of_the_files() -> None:
    second = Problem(Mark("b.yaml", 1, 1), "Wrong.", "Mend it.")
    first = Problem(Mark("a.yaml", 9, 3), "Worse.")

    error = RuleError([second, first, second])

    assert str(error) == "a.yaml:9:3: Worse.\nb.yaml:1:1: Wrong. Mend it."


def test_a_problem_without_a_file_has_no_place() -> None:
    assert str(Problem(NOWHERE, "Wrong.", "Mend it.")) == "Wrong. Mend it."
