"""Staff come in by the provider of their company: what it says is checked, and what it takes away is taken away here."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from apps import lent
from desks import HOST, Clock, Visitor, link
from hub.access.provider import KNOWN_FOR, RESTS, Provider
from hub.core import Hub
from hub.models import AuditEntry, Identity, Principal, Role, Session
from providing import CLIENT, MARA, SECRET, StandIn, settings_of, signed
from served import served


@pytest.fixture
def there(clock: Clock) -> Iterator[StandIn]:
    provider = StandIn(clock)
    with served(provider.app()) as url:
        provider.issuer = f"{url}/staff"
        yield provider


@pytest.fixture
def app(hub: Hub, there: StandIn) -> Iterator[Flask]:
    with lent(hub) as app:
        provider = Provider(settings_of(there.issuer), SECRET, hub.clock)
        app.extensions["portal"] = replace(app.extensions["portal"], provider=provider)
        yield app


def only_for(app: Flask, *domains: str) -> None:
    provider = app.extensions["portal"].provider
    provider.settings = replace(provider.settings, domains=domains)


def sent(visitor: Visitor, to: str = "") -> str:
    """Where the browser is sent to."""
    answer = visitor.get(f"/sign-in/provider?to={to}")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def come(visitor: Visitor, there: StandIn, to: str = "") -> TestResponse:
    return visitor.get(there.let_in(sent(visitor, to)).removeprefix(HOST))


def roles(hub: Hub) -> set[tuple[str, str | None]]:
    with hub.look() as session:
        return {(one.role, one.branch) for one in session.scalars(select(Role))}


def test_the_button_stands_where_a_provider_is_configured(visitor: Visitor) -> None:
    assert "Sign in with Tarn accounts" in visitor.get("/sign-in").text


def test_without_a_provider_there_is_no_button_and_no_way(app: Flask, visitor: Visitor) -> None:
    app.extensions["portal"] = replace(app.extensions["portal"], provider=None)

    assert "Sign in with Tarn" not in visitor.get("/sign-in").text
    assert visitor.get("/sign-in/provider").status_code == 404
    assert visitor.get("/sign-in/provider/back").status_code == 404


def test_who_signs_in_there_is_at_the_desk_they_wanted(visitor: Visitor, there: StandIn, hub: Hub) -> None:
    answer = come(visitor, there, "/desk/customers/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/customers/")
    assert visitor.get("/desk/customers/").status_code == 200
    assert visitor.get("/operations/").status_code == 403
    assert roles(hub) == {("advisor", "berlin-spree")}
    with hub.look() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "roles_told")).one()
        assert entry.detail == {"roles": ["advisor:berlin-spree"]}
        assert session.scalars(select(Session.via)).one() == "provider"


def test_they_are_asked_to_prove_who_they_are_and_to_come_back_here(visitor: Visitor) -> None:
    asked = parse_qs(urlsplit(sent(visitor)).query)

    assert asked["max_age"] == ["600"]
    assert asked["redirect_uri"] == [f"{HOST}/sign-in/provider/back"]
    assert len(asked["state"][0]) == 43


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_one_is_led_to_pages_of_ours_only(visitor: Visitor, there: StandIn, to: str) -> None:
    assert come(visitor, there, to).headers["Location"] == "/"


def test_the_same_person_is_the_same_principal_whatever_they_are_called_now(
    app: Flask, there: StandIn, hub: Hub
) -> None:
    come(Visitor(app), there)
    there.person |= {"name": "Mara Lind", "email": "lind@garage.example"}
    come(Visitor(app), there)

    with hub.look() as session:
        assert session.scalars(select(Identity.subject)).all() == [MARA["sub"]]
        assert session.scalars(select(Principal.title)).all() == ["Mara Lind"]


def test_nobody_becomes_somebody_else_by_their_name_or_address(
    app: Flask, there: StandIn, hub: Hub, operator: Visitor
) -> None:
    there.person |= {"name": "Theo Kranz"}
    mine = Visitor(app)
    come(mine, there)

    assert operator.get("/operations/").status_code == 200
    assert mine.get("/operations/").status_code == 403


def test_nobody_is_given_a_role_for_the_name_they_chose(visitor: Visitor, there: StandIn, hub: Hub) -> None:
    there.person |= {"name": "Theo Kranz"}
    come(visitor, there)

    link(hub, "operator", title="Theo Kranz")

    assert visitor.get("/operations/").status_code == 403


def test_roles_are_those_of_the_last_sign_in(app: Flask, there: StandIn, hub: Hub) -> None:
    first = Visitor(app)
    come(first, there)
    there.person["groups"] = ["marketing", "unheard of"]
    come(Visitor(app), there)

    assert roles(hub) == {("marketer", None)}
    assert first.get("/desk/customers/").status_code == 403, "in every browser at once"


@pytest.mark.parametrize("groups", [[], None, "unheard of", [["desk-berlin"]], {"desk-berlin": True}])
def test_who_lost_all_roles_is_out_everywhere(app: Flask, there: StandIn, hub: Hub, groups: object) -> None:
    first = Visitor(app)
    come(first, there)
    there.person["groups"] = groups
    answer = come(Visitor(app), there)

    assert answer.status_code == 403
    assert "Your account opens nothing here." in answer.text
    assert roles(hub) == set()
    assert first.get("/account/").status_code == 401


def test_a_stranger_without_a_role_leaves_nothing_behind(visitor: Visitor, there: StandIn, hub: Hub) -> None:
    there.person["groups"] = ["canteen"]

    assert come(visitor, there).status_code == 403
    with hub.look() as session:
        assert session.scalars(select(Identity)).all() == []


def test_one_group_may_be_told_as_a_text(visitor: Visitor, there: StandIn, hub: Hub) -> None:
    there.person["groups"] = "marketing"

    assert come(visitor, there).status_code == 303


@pytest.mark.parametrize(
    "told", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "true"},
             {"email": "mara@garage.example.evil.example"}, {"email": None}]
)  # fmt: skip
def test_where_a_domain_is_asked_for_an_address_that_nobody_verified_opens_nothing(
    app: Flask, visitor: Visitor, there: StandIn, told: dict[str, object]
) -> None:
    only_for(app, "garage.example")
    there.claims = told

    assert come(visitor, there).status_code == 403


def test_a_verified_address_of_that_domain_opens(app: Flask, visitor: Visitor, there: StandIn) -> None:
    only_for(app, "garage.example")
    there.person["email"] = "Mara@Garage.Example"

    assert come(visitor, there).status_code == 303


# --- what a provider, or somebody in its place, may do wrong -----------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"nonce": "of another sign-in"}, {"aud": "another client"}, {"exp": 1_700_000_000}])
def test_a_token_that_is_not_meant_for_us_here_and_now_opens_nothing(
    visitor: Visitor, there: StandIn, hub: Hub, wrong: dict[str, object]
) -> None:
    there.claims = wrong

    answer = come(visitor, there)

    assert answer.status_code == 422
    assert "Your sign-in could not be confirmed." in answer.text
    with hub.look() as session:
        assert session.scalars(select(Session)).all() == []


@pytest.mark.parametrize("forged", ["unsigned", "signed_with_what_all_know"])
def test_a_token_that_the_provider_did_not_sign_opens_nothing(visitor: Visitor, there: StandIn, forged: str) -> None:
    there.sign = getattr(there, forged)

    assert come(visitor, there).status_code == 422


def test_a_new_key_is_looked_for_once_and_then_at_most_once_a_minute(app: Flask, there: StandIn, clock: Clock) -> None:
    assert come(Visitor(app), there).status_code == 303
    there.rotate()
    clock.pass_by(seconds=61)
    assert come(Visitor(app), there).status_code == 303
    read = there.calls.count("/staff/keys")
    kept = there.key
    there.rotate()
    unknown, there.key = there.key, kept
    there.sign = partial(signed, unknown)

    assert [come(Visitor(app), there).status_code for _ in range(3)] == [422] * 3
    assert there.calls.count("/staff/keys") == read


@pytest.mark.parametrize("fault", [{"silent": True}, {"told_issuer": "https://evil.example"}])
def test_a_provider_that_does_not_answer_as_itself_is_said_to_be_away(
    app: Flask, there: StandIn, clock: Clock, fault: dict[str, object]
) -> None:
    for name, value in fault.items():
        setattr(there, name, value)

    answers = [Visitor(app).get("/sign-in/provider") for _ in range(3)]

    assert {one.status_code for one in answers} == {503}
    assert "The sign-in of staff does not answer." in answers[0].text
    assert len(there.calls) == 1, "whoever comes next does not wait for it again"
    there.silent, there.told_issuer = False, ""
    clock.pass_by(seconds=RESTS.total_seconds())
    assert come(Visitor(app), there).status_code == 303


def test_one_that_falls_silent_on_the_way_back_is_said_to_be_away_and_the_page_offers_other_ways(
    visitor: Visitor, there: StandIn
) -> None:
    back = there.let_in(sent(visitor, "/desk/customers/"))
    there.silent = True

    answer = visitor.get(back.removeprefix(HOST))

    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert "to=/desk/customers/" in answer.text, "and nobody forgets where they wanted to go"


def test_an_endpoint_inside_the_house_is_never_asked(app: Flask, visitor: Visitor, there: StandIn) -> None:
    provider = app.extensions["portal"].provider
    provider.settings = replace(provider.settings, allow_loopback=False)

    assert visitor.get("/sign-in/provider").status_code == 503
    assert there.calls == []


def test_a_way_back_is_walked_once(app: Flask, visitor: Visitor, there: StandIn) -> None:
    back = there.let_in(sent(visitor)).removeprefix(HOST)
    assert visitor.get(back).status_code == 303
    asked = list(there.calls)

    again = visitor.get(back)

    assert again.status_code == 422
    assert "not begun in this browser" in again.text
    assert there.calls == asked, "the provider is not even asked"


def test_a_way_back_is_walked_by_who_began_it(app: Flask, visitor: Visitor, there: StandIn) -> None:
    back = there.let_in(sent(visitor)).removeprefix(HOST)

    assert Visitor(app).get(back).status_code == 422
    stranger = Visitor(app)
    sent(stranger)
    assert stranger.get(back).status_code == 422
    assert visitor.get(back).status_code == 303, "and is still good for them"


def test_a_code_of_somebody_else_opens_nothing(app: Flask, visitor: Visitor, there: StandIn) -> None:
    theirs = parse_qs(urlsplit(there.let_in(sent(Visitor(app)))).query)["code"][0]
    mine = parse_qs(urlsplit(sent(visitor)).query)["state"][0]

    assert visitor.get(f"/sign-in/provider/back?code={theirs}&state={mine}").status_code == 422


def test_a_way_ends_after_ten_minutes(visitor: Visitor, there: StandIn, clock: Clock) -> None:
    back = there.let_in(sent(visitor)).removeprefix(HOST)
    clock.pass_by(minutes=11)

    assert visitor.get(back).status_code == 422


@pytest.mark.parametrize("told", ["error=access_denied", "code=x&iss=https://evil.example"])
def test_a_no_there_is_a_no_here(visitor: Visitor, there: StandIn, told: str) -> None:
    state = parse_qs(urlsplit(sent(visitor)).query)["state"][0]

    answer = visitor.get(f"/sign-in/provider/back?state={state}&{told}")

    assert answer.status_code == 422
    assert "You were not let in there." in answer.text


def test_a_provider_that_takes_the_secret_in_the_form_gets_it_there(visitor: Visitor, there: StandIn) -> None:
    there.ways = ("client_secret_post",)

    assert come(visitor, there).status_code == 303


def test_what_it_says_of_itself_is_read_again_after_a_while(app: Flask, there: StandIn, clock: Clock) -> None:
    for _ in range(3):
        come(Visitor(app), there)
    before = there.calls.count("/staff/.well-known/openid-configuration")
    clock.pass_by(seconds=KNOWN_FOR.total_seconds())
    come(Visitor(app), there)

    assert (before, there.calls.count("/staff/.well-known/openid-configuration")) == (1, 2)


# --- afterwards --------------------------------------------------------------------------------------------------------


def test_signing_in_again_ends_the_session_before(visitor: Visitor, there: StandIn, hub: Hub) -> None:
    come(visitor, there)
    come(visitor, there)

    with hub.look() as session:
        ended = [one.revoked_at is None for one in session.scalars(select(Session).order_by(Session.id))]
    assert ended == [False, True]


def test_no_passkey_keeps_what_the_provider_takes_away(visitor: Visitor, there: StandIn) -> None:
    come(visitor, there)

    page = visitor.get("/account/")

    assert "Passkeys are kept there." in page.text
    assert "Add a passkey" not in page.text
    assert visitor.post("/account/passkeys/offer", {"token": visitor.token("/account/")}).status_code == 403


def test_signing_out_says_how_it_ends_there_too(visitor: Visitor, there: StandIn, hub: Hub) -> None:
    come(visitor, there)

    answer = visitor.post("/sign-out", {"token": visitor.token("/account/")})

    assert "You are signed out here." in answer.text
    assert f"{there.issuer}/end?client_id={CLIENT}" in answer.text
    assert visitor.get("/account/").status_code == 401


def test_who_came_by_another_way_signs_out_as_before(operator: Visitor) -> None:
    assert operator.post("/sign-out", {"token": operator.token("/account/")}).status_code == 303


def test_neither_nonce_nor_verifier_nor_state_lie_about(visitor: Visitor, there: StandIn, hub: Hub) -> None:
    asked = parse_qs(urlsplit(sent(visitor)).query)

    lying = b"".join(one.read_bytes() for one in hub.region.folder.rglob("*") if one.is_file())

    assert asked["state"][0].encode() not in lying
    assert asked["nonce"][0].encode() not in lying
