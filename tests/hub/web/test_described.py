"""The API as it describes itself: whatever its description allows is asked, and no answer is a defect or other than described.

A larger number of cases: `./garage bench runtime/api_cases --full`."""

from flask import Flask

from described import asked, token_of
from hub.core import Hub

CASES = 600


def test_whatever_the_description_allows_is_answered_as_it_says(app: Flask, hub: Hub) -> None:
    told, problems = asked(app, token_of(hub), CASES)

    print(dict(told), *(" ".join(one.split())[:400] for one in problems), sep="\n")
    assert problems == []
    assert sum(told.values()) >= 0.9 * CASES, "an operation without a word of its own is one case"
