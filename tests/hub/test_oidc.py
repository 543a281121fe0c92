"""An ID token opens when it says all it has to, to us, now, signed by its provider; nothing else does."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, KeySet

from hub.access.oidc import Meant, NotGood, UnknownKey, claims_of, keys_of, way_out, way_there
from providing import CLIENT, FIRST, FORGED, StandIn, meant_for_us, signed

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ISSUER, NONCE = "https://login.garage.example/staff", "n-0S6_WzA2Mj"
MEANT = Meant(ISSUER, CLIENT, NONCE)
KEYS = KeySet([FIRST])


def told(**other: Any) -> dict[str, Any]:
    said = {**meant_for_us(ISSUER, NONCE, NOW), "sub": "248289761001", **other}
    return {name: value for name, value in said.items() if value is not None}


def test_what_is_meant_for_us_here_and_now_is_believed() -> None:
    found = claims_of(signed(FIRST, told(groups=["desk"], aud=[CLIENT])), KEYS, MEANT, NOW)

    assert (found["sub"], found["groups"]) == ("248289761001", ["desk"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "of another sign-in"}, {"nonce": None}, {"aud": "another client"}, {"aud": None}, {"aud": [CLIENT, "other"]},
        {"aud": "another client", "azp": CLIENT}, {"azp": "another client"},
        {"iss": "https://evil.example"}, {"iss": None}, {"iss": f"{ISSUER}/"},
        {"exp": 1_700_000_000}, {"exp": None}, {"exp": "soon"}, {"iat": 4_000_000_000}, {"iat": None}, {"nbf": 4_000_000_000},
        {"sub": ""}, {"sub": 7}, {"sub": None}, {"sub": "x" * 256},
        {"auth_time": 1_700_000_000}, {"auth_time": None}, {"auth_time": "now"}, {"auth_time": True},
    ],
    ids=lambda wrong: "-".join(f"{name}={str(value)[:12]}" for name, value in wrong.items()),
)  # fmt: skip
def test_a_token_that_says_something_else_is_not_believed(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotGood):
        claims_of(signed(FIRST, told(**wrong)), KEYS, MEANT, NOW)


@pytest.mark.parametrize(("late", "good"), [(359, True), (361, False)])
def test_a_token_ends_with_a_minute_for_clocks_that_differ(late: int, good: bool) -> None:
    token, now = signed(FIRST, told()), NOW + timedelta(seconds=late)

    if good:
        assert claims_of(token, KEYS, MEANT, now)
    else:
        with pytest.raises(NotGood, match="exp"):
            claims_of(token, KEYS, MEANT, now)


@pytest.mark.parametrize(("ago", "good"), [(659, True), (661, False)])
def test_who_proved_long_ago_who_they_are_proves_it_again(ago: int, good: bool) -> None:
    token = signed(FIRST, told(auth_time=int(NOW.timestamp()) - ago))

    if good:
        assert claims_of(token, KEYS, MEANT, NOW)
    else:
        with pytest.raises(NotGood, match="auth_time"):
            claims_of(token, KEYS, MEANT, NOW)


@pytest.mark.parametrize("forge", ["unsigned", "signed_with_what_all_know"])
def test_a_token_that_the_provider_did_not_sign_is_not_believed(forge: str) -> None:
    provider = StandIn(lambda: NOW)

    with pytest.raises(NotGood):
        claims_of(getattr(provider, forge)(told()), KEYS, MEANT, NOW)


def test_another_key_of_the_same_name_signs_nothing() -> None:
    with pytest.raises(NotGood, match="bad_signature"):
        claims_of(signed(FORGED, told()), KEYS, MEANT, NOW)


def test_a_key_of_another_name_is_to_be_looked_for() -> None:
    with pytest.raises(UnknownKey):
        claims_of(signed(ECKey.generate_key("P-256", {"kid": "next"}), told()), KEYS, MEANT, NOW)


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "é.é.é", "." * 9000, "e30.e30."])
def test_what_is_no_token_is_not_believed(text: str) -> None:
    with pytest.raises(NotGood):
        claims_of(text, KEYS, MEANT, NOW)


@pytest.mark.parametrize(
    "told_keys", [None, [], {}, {"keys": None}, {"keys": [{}]}, {"keys": [{"kty": "RSA"}]}, "keys"]
)
def test_keys_that_cannot_be_read_are_said_to_be_so(told_keys: Any) -> None:
    with pytest.raises(NotGood, match="keys"):
        keys_of(told_keys)


def test_a_key_of_a_kind_that_we_do_not_know_does_not_hide_the_others() -> None:
    known = FIRST.as_dict(private=False)

    found = keys_of({"keys": [{"kty": "of tomorrow", "kid": "x"}, known]})

    assert claims_of(signed(FIRST, told()), found, MEANT, NOW)


def test_the_way_there_holds_the_hash_of_the_verifier_and_keeps_what_the_address_had() -> None:
    address = way_there(
        "https://login.example/authorize?tenant=7", CLIENT, "https://eu.example/back", "s", "n", "v" * 43
    )
    asked = parse_qs(urlsplit(address).query)

    assert (asked["tenant"], asked["code_challenge_method"], asked["nonce"]) == (["7"], ["S256"], ["n"])
    assert "v" * 43 not in address


def test_the_way_out_leads_home() -> None:
    asked = parse_qs(urlsplit(way_out("https://login.example/end", CLIENT, "https://eu.example/")).query)

    assert asked == {"client_id": [CLIENT], "post_logout_redirect_uri": ["https://eu.example/"]}
