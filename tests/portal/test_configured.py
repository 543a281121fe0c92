"""Two versions of a document, line by line; who changed what, page by page."""

import re

import pytest
from flask import Flask

from desks import Visitor
from hub.core import Hub
from portal import configuration
from portal.configured import SUBJECTS, compared

PAGE = "/desk/configuration/"


def test_lines_far_from_a_change_are_left_out() -> None:
    before = [f"line {n}" for n in range(20)]
    after = [*before[:10], "line ten", *before[11:]]

    rows = compared("\n".join(before), "\n".join(after))

    assert [row.kind for row in rows] == ["gap", "same", "same", "same", "old", "new", "same", "same", "same"]
    assert compared("a", "a") == []


def test_who_changed_what_goes_on_by_a_place_and_is_narrowed_with_its_table(
    app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "CHANGES", 2)
    with hub.begin() as work:
        for number, action in enumerate(("journey_applied", "paused", "journey_ended", "resumed", "journey_applied")):
            about = "connection" if action in SUBJECTS["connections"] else "journey_version"
            work.audit("cli", action, about, number + 1)
    auditor = Visitor(app).sign_in(hub, "auditor")
    address, seen = f"{PAGE}?subject=journeys", list[str]()

    while address:
        text = auditor.get(address).text
        seen += re.findall(r"<li class=\"stack close\"><p class=\"row ends\"><span>(.+?)</span>", text)
        address = next((one.replace("&amp;", "&") for one in re.findall(r'href="([^"]+)" rel="next"', text)), "")

    assert seen == ["Journey put in force", "Journey ended", "Journey put in force"]
    lines = auditor.get(f"{PAGE}changes.csv?subject=connections").text.splitlines()[1:]
    assert [line.split(",")[1] for line in lines] == ["resumed", "paused"]
    assert "Nothing of this kind was changed." in auditor.get(f"{PAGE}?subject=policies").text
