"""Signatures of webhooks: the published vector, another implementation's opinion, and everything that must be refused."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks.webhooks import Webhook

from hub.errors import ConfigError, WrongSignature
from hub.sdk import check_hmac_sha256, check_standard_webhook, check_time, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
VECTOR = {
    "webhook-id": ID,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def check(headers: dict[str, str], body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,), now: datetime = AT) -> str:
    return check_standard_webhook(headers, body, secrets, now)


def test_the_published_vector_verifies_and_names_its_message() -> None:
    assert check(VECTOR) == ID


def test_we_sign_as_the_published_vector_says() -> None:
    assert sign(SECRET, ID, AT, BODY) == VECTOR


def test_another_implementation_accepts_what_we_sign_and_we_what_it_signs() -> None:
    now = datetime.now(UTC)
    other = Webhook(SECRET)
    assert other.verify(BODY, sign(SECRET, ID, now, BODY)) == {"test": 2432232314}
    theirs = {
        **VECTOR,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": other.sign(ID, now, BODY.decode()),
    }
    assert check(theirs, now=now) == ID


def test_during_a_rotation_both_secrets_are_good_and_one_signature_of_several_is_enough() -> None:
    assert check(VECTOR, secrets=(OTHER, SECRET)) == ID
    both = f"{sign(OTHER, ID, AT, BODY)['webhook-signature']} {VECTOR['webhook-signature']}"
    assert check({**VECTOR, "webhook-signature": both}) == ID


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_either_way_are_allowed(seconds: int) -> None:
    assert check(VECTOR, now=AT + timedelta(seconds=seconds)) == ID


@pytest.mark.parametrize(("seconds", "why"), [(301, "too old"), (-301, "in the future")])
def test_older_and_future_timestamps_are_refused(seconds: int, why: str) -> None:
    with pytest.raises(WrongSignature, match=why):
        check(VECTOR, now=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_other"},
        {"webhook-id": ""},
        {"webhook-timestamp": "1614265331"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1614265330.0"},
        {"webhook-timestamp": "-1614265330"},
        {"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"},
        {"webhook-timestamp": "9" * 40},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,not base64"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"webhook-signature": "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"webhook-signature": "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    ],
)
def test_headers_that_are_altered_or_malformed_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(WrongSignature):
        check({**VECTOR, **change})


@pytest.mark.parametrize("name", list(VECTOR))
def test_a_missing_header_is_refused(name: str) -> None:
    with pytest.raises(WrongSignature, match="missing"):
        check({key: value for key, value in VECTOR.items() if key != name})


def test_an_altered_body_is_refused() -> None:
    with pytest.raises(WrongSignature):
        check(VECTOR, body=BODY + b" ")


@pytest.mark.parametrize("secrets", [(), ("",), (OTHER,), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)])
def test_without_the_right_secret_nothing_verifies(secrets: tuple[str, ...]) -> None:
    with pytest.raises(WrongSignature):
        check(VECTOR, secrets=secrets)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", "whsec_%%%"])
def test_a_secret_that_anybody_could_guess_or_nobody_can_read_is_our_own_mistake(secret: str) -> None:
    with pytest.raises(ConfigError):
        check(VECTOR, secrets=(secret,))


def test_v1a_is_verified_with_a_public_key_only() -> None:
    key = Ed25519PrivateKey.generate()
    public = "whpk_" + base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    signature = base64.b64encode(key.sign(f"{ID}.1614265330.".encode() + BODY)).decode()
    signed = {**VECTOR, "webhook-signature": f"v1a,{signature}"}
    assert check(signed, secrets=(public,)) == ID
    for wrong in ({**signed, "webhook-id": "msg_other"}, {**signed, "webhook-signature": f"v1,{signature}"}):
        with pytest.raises(WrongSignature):
            check(wrong, secrets=(public,))


def test_a_public_key_is_no_secret_to_sign_with() -> None:
    """What is public must not serve as a shared secret."""
    public = "whpk_" + base64.b64encode(b"p" * 32).decode()
    digest = hmac.digest(b"p" * 32, f"{ID}.1614265330.".encode() + BODY, hashlib.sha256)
    with pytest.raises(WrongSignature):
        check({**VECTOR, "webhook-signature": "v1," + base64.b64encode(digest).decode()}, secrets=(public,))


def test_plain_hmac_takes_the_right_digest_only() -> None:
    digest = hmac.digest(b"secret", b"bytes", hashlib.sha256)
    check_hmac_sha256(b"bytes", "secret", digest)
    for signed, secret, given in ((b"other", "secret", digest), (b"bytes", "else", digest), (b"bytes", "secret", None)):
        with pytest.raises(WrongSignature):
            check_hmac_sha256(signed, secret, given)


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(WrongSignature, match="no secret"):
        check_hmac_sha256(b"bytes", "", hmac.digest(b"", b"bytes", hashlib.sha256))


def test_seconds_are_read_as_plain_digits() -> None:
    check_time("1614265330", AT)
    with pytest.raises(WrongSignature, match="no number"):
        check_time("", AT)
