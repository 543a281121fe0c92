"""The error tree: drawn in full, codes that name one class each, and a fate by class."""

import re

from hub import errors
from hub.errors import HubError, PartnerError, RetryLater, WrongInput

TREE = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, HubError)]
DRAWN = re.compile(r"^([│├└─ ]*)([A-Z]\w+)(.*)$", re.MULTILINE)


def drawn() -> list[tuple[int, str, str]]:
    return [
        (len(lead), name, rest)
        for lead, name, rest in DRAWN.findall(errors.__doc__ or "")
        if lead or name == "HubError"
    ]


def test_no_two_errors_share_a_code() -> None:
    codes = [one.code for one in TREE]
    assert sorted(set(codes)) == sorted(codes)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", code) for code in codes)


def test_the_drawing_names_every_class_once() -> None:
    assert sorted(name for _, name, _ in drawn()) == sorted(one.__name__ for one in TREE)


def test_each_class_hangs_in_the_tree_where_it_is_drawn() -> None:
    above: list[tuple[int, str]] = []
    for depth, name, _ in drawn():
        above = [one for one in above if one[0] < depth]
        if above:
            assert getattr(errors, name).__bases__ == (getattr(errors, above[-1][1]),)
        above.append((depth, name))


def test_a_status_that_is_drawn_is_the_status_of_the_class() -> None:
    with_status = [(name, found.group()) for _, name, rest in drawn() if (found := re.match(r"\s+\d{3}\b", rest))]
    assert len(with_status) >= 9
    assert all(getattr(errors, name).status == int(status) for name, status in with_status)


def test_what_the_caller_did_wrong_is_4xx_and_what_a_partner_did_is_not() -> None:
    assert all(400 <= one.status < 500 for one in TREE if issubclass(one, WrongInput))
    assert all(one.status >= 500 for one in TREE if issubclass(one, PartnerError))


def test_an_error_says_what_and_how_to_mend_it() -> None:
    assert str(WrongInput("No.", "Do so.")) == "No. Do so."
    assert str(WrongInput("No.")) == "No."


def test_a_retry_keeps_the_partners_wish_and_is_no_effect_unless_told() -> None:
    error = RetryLater("busy", after=3.0)
    assert (error.after, error.happened, error.outcomes) == (3.0, False, ())
