"""What the browser is told about every page."""

import re

import pytest
from flask import Flask

from desks import Traffic, Visitor
from hub.core import Hub


@pytest.mark.parametrize(
    "path",
    ["/", "/sign-in", "/sign-in/x", "/operations/", "/operations/customers/0/why", "/nowhere", "/static/0/garage.css"],
)
def test_every_page_runs_nothing_foreign_and_is_framed_by_nobody(
    operator: Visitor, traffic: Traffic, path: str
) -> None:
    answer = operator.get(path)

    csp = answer.headers["Content-Security-Policy"]
    assert re.sub(r"'nonce-[\w-]{22}'", "'nonce-…'", csp) == (
        "default-src 'none'; style-src 'self'; script-src 'nonce-…'; img-src 'self'; media-src 'self'; connect-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in answer.headers
    answer.close()


def test_pages_are_not_kept(operator: Visitor, traffic: Traffic) -> None:
    assert operator.get("/operations/").headers["Cache-Control"] == "no-store"


def test_by_https_the_browser_is_told_to_stay_there(app: Flask) -> None:
    answer = Visitor(app, "https://eu.example.org").get("/")

    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_a_nonce_is_good_for_one_answer(operator: Visitor, traffic: Traffic) -> None:
    nonces = [re.findall(r'nonce="([^"]+)"', operator.get("/operations/").text) for _ in range(2)]

    assert nonces[0] != nonces[1]
    assert [len(set(one)) for one in nonces] == [1, 1]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/sign-in/x", "/operations/"])
def test_no_page_carries_styles_or_scripts_in_line(operator: Visitor, traffic: Traffic, path: str) -> None:
    text = operator.get(path).text

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(visitor: Visitor, hub: Hub) -> None:
    page, problem = visitor.get("/nowhere"), visitor.get("/nowhere", Accept="*/*")

    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert (problem.status_code, problem.mimetype, problem.json["code"]) == (
        404,
        "application/problem+json",
        "not_found",
    )
    assert hub.region_code in page.text
