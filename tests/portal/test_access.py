"""Coming in by a link that works once, and going out."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

import portal
from apps import lent
from desks import Clock, Visitor, link
from hub.core import Hub
from hub.models import Session, SignInLink


def test_a_link_signs_in_once(hub: Hub, app: Flask) -> None:
    secret = link(hub, "operator")

    first, second = Visitor(app).post(f"/sign-in/{secret}"), Visitor(app).post(f"/sign-in/{secret}")

    assert (first.status_code, first.headers["Location"]) == (303, "/")
    assert second.status_code == 410
    assert "Set-Cookie" not in second.headers


def test_looking_at_a_link_does_not_use_it(hub: Hub, visitor: Visitor) -> None:
    secret = link(hub, "operator")

    looked = visitor.get(f"/sign-in/{secret}")

    assert looked.status_code == 200
    with hub.look() as session:
        assert session.scalars(select(SignInLink)).one().used_at is None
    assert visitor.post(f"/sign-in/{secret}").status_code == 303


def test_a_used_an_old_and_a_wrong_link_look_the_same(hub: Hub, app: Flask, clock: Clock) -> None:
    used, old = link(hub, "operator"), link(hub, "operator", minutes=1)
    Visitor(app).post(f"/sign-in/{used}")
    clock.pass_by(minutes=2)

    answers = [Visitor(app).post(f"/sign-in/{secret}") for secret in (used, old, "x" * 43, "y" * 900)]

    assert {answer.status_code for answer in answers} == {410}
    assert len({answer.text for answer in answers}) == 1


def test_a_page_about_a_link_does_not_tell_whether_it_is_good(hub: Hub, app: Flask) -> None:
    good, bad = link(hub, "operator"), "x" * 43

    pages = [Visitor(app).get(f"/sign-in/{secret}").text.replace(secret, "") for secret in (good, bad)]

    assert pages[0] == pages[1]


def test_the_cookie_is_for_the_browser_alone(hub: Hub, app: Flask) -> None:
    plain = Visitor(app).post(f"/sign-in/{link(hub, 'operator')}").headers["Set-Cookie"]
    safe = Visitor(app, "https://eu.example.org").post(f"/sign-in/{link(hub, 'operator')}").headers["Set-Cookie"]

    assert plain.startswith("session=")
    assert safe.startswith("__Host-session=")
    assert "Secure" in safe
    assert all(
        "HttpOnly" in one and "SameSite=Lax" in one and "Path=/" in one and "Domain" not in one for one in (plain, safe)
    )


def test_behind_a_proxy_that_says_nothing_the_public_address_tells_how_the_world_asks(hub: Hub) -> None:
    """A proxy on another host hands on plain requests, and no header of it is believed for this."""
    settings = replace(hub.settings, environ={**hub.settings.environ, "HUB_PROXIES": "1"})
    behind = replace(hub, settings=settings, here=replace(hub.here, public="https://eu.example.org"))

    with lent(behind) as app:
        given = Visitor(app, "http://eu.example.org").post(
            f"/sign-in/{link(hub, 'operator')}", Origin="https://eu.example.org"
        )

    assert given.headers["Set-Cookie"].startswith("__Host-session=")
    assert "; Secure" in given.headers["Set-Cookie"]


def test_every_cookie_is_given_in_one_place_under_a_name_that_no_other_host_can_set(app: Flask) -> None:
    """RFC 6265bis, 4.1.3.2. A choice of language is one, too."""
    told = Visitor(app, "https://eu.example.org").get("/sign-in?lang=de&theme=dark").headers.getlist("Set-Cookie")
    givers = [path.name for path in Path(portal.__file__).parent.glob("*.py") if ".set_cookie(" in path.read_text()]

    assert {one.partition("=")[0] for one in told} >= {"__Host-lang", "__Host-theme"}
    assert all("; Secure" in one and "Path=/" in one and "HttpOnly" in one and "Domain" not in one for one in told)
    assert givers == ["guard.py"]


def test_nobody_signs_in_by_plain_http_from_elsewhere(hub: Hub, app: Flask) -> None:
    secret = link(hub, "operator")

    answer = Visitor(app, "http://garage.example.org").post(f"/sign-in/{secret}")

    assert answer.status_code == 422
    assert Visitor(app).post(f"/sign-in/{secret}").status_code == 303, "the link is still good"


def test_signing_out_ends_the_session_and_what_the_browser_kept(hub: Hub, operator: Visitor) -> None:
    cookie = operator.client.get_cookie("session", domain="eu.localhost")
    assert cookie is not None

    answer = operator.post("/sign-out", {"token": operator.token()})

    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (303, '"cache", "storage"')
    with hub.look() as session:
        assert session.scalars(select(Session)).one().revoked_at is not None
    operator.client.set_cookie("session", cookie.value, domain="eu.localhost")
    assert operator.get("/operations/").status_code == 401, "a stolen cookie opens nothing afterwards"


def test_signing_in_again_ends_the_session_before(hub: Hub, operator: Visitor) -> None:
    answer = operator.post(f"/sign-in/{link(hub, 'operator')}", {"token": operator.token()})

    assert answer.status_code == 303
    with hub.look() as session:
        assert [row.revoked_at is None for row in session.scalars(select(Session).order_by(Session.id))] == [
            False,
            True,
        ]


def test_many_tries_from_one_address_have_to_wait(visitor: Visitor, clock: Clock) -> None:
    tries = [visitor.post("/sign-in/guess").status_code for _ in range(11)]

    assert tries == [410] * 10 + [429]
    clock.pass_by(minutes=11)
    assert visitor.post("/sign-in/guess").status_code == 410


@pytest.mark.parametrize(
    ("path", "by"), [("/sign-in/guess", "link"), ("/sign-in/code", "code"), ("/sign-in/passkey", "passkey")]
)
def test_a_try_that_failed_is_logged_without_what_was_tried(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, path: str, by: str
) -> None:
    with caplog.at_level(logging.INFO, "portal.access"):
        visitor.post(path, {"code": "123456", "answer": "{}"})

    [told] = [one for one in caplog.records if one.getMessage() == "sign-in refused"]
    assert told.reason == by  # type: ignore[attr-defined]
    assert not {"guess", "123456"} & {str(value) for value in told.__dict__.values()}


def test_a_session_ends_by_itself(operator: Visitor, clock: Clock) -> None:
    clock.pass_by(hours=13)

    assert operator.get("/operations/").status_code == 401


def test_the_way_in_is_told_to_who_comes_without_a_link(visitor: Visitor) -> None:
    assert "./garage sign-in" in visitor.get("/sign-in").text
