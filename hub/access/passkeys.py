"""Passkeys (W3C Web Authentication): a new one is kept, one that is shown is checked, and a challenge is signed once only."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import orm, select
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hub.access import challenges
from hub.access.devices import Device
from hub.access.sessions import begin_session, comes_by_provider
from hub.errors import Denied, WrongInput
from hub.models import Passkey, Principal
from hub.work import Work

MOST = 20  # of one principal
LONGEST = 16_384  # signs of an answer; a browser sends some 2,000
VERIFIED = UserVerificationRequirement.REQUIRED  # by finger, face or PIN: possession alone is one factor


@dataclass(frozen=True)
class Site:
    """host: the domain that passkeys are bound to, without a port. origin: as browsers name the page. title: shown to people."""

    host: str
    origin: str
    title: str


def passkeys_of(session: orm.Session, principal_id: int) -> list[Passkey]:
    rows = select(Passkey).where(Passkey.principal_id == principal_id, Passkey.revoked_at.is_(None))
    return list(session.scalars(rows.order_by(Passkey.id)))


def offer_new(work: Work, site: Site, principal_id: int, name: str, browser: str) -> str:
    """JSON that the browser needs to make a passkey. name: shown by the device beside it, never sent back to us.

    Raises WrongInput for somebody who has more than anybody needs, and Denied for whoever comes in by a provider."""
    if comes_by_provider(work.session, principal_id):
        raise Denied("You come in by the sign-in of your company.", "Passkeys are kept there.")
    mine = passkeys_of(work.session, principal_id)
    if len(mine) >= MOST:
        raise WrongInput(f"There are {MOST} passkeys already.", "Remove one that you no longer use.")
    principal = work.session.get_one(Principal, principal_id)
    return options_to_json(
        generate_registration_options(
            rp_id=site.host,
            rp_name=site.title,
            user_id=principal.ref.encode(),
            user_name=name,
            challenge=_challenge(work, browser, principal_id),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in mine],
        )
    )


def keep_new(work: Work, site: Site, principal_id: int, answer: str, browser: str, device: Device) -> Passkey:
    """Raises WrongInput for whatever is not the answer to our own challenge, asked here and just now."""
    credential, challenge = _read(work, answer, browser, principal_id)
    with _right():
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    if work.session.scalar(select(Passkey.id).where(Passkey.credential == found.credential_id)):
        raise WrongInput("This passkey is known already.", "Sign in with it.")
    passkey = work.add(
        Passkey(
            principal_id=principal_id,
            credential=found.credential_id,
            public_key=found.credential_public_key,
            uses=found.sign_count,
            title=device.label,
            made_at=work.now,
        )
    )
    work.session.flush()
    work.audit("portal", "passkey_made", "passkey", passkey.id)
    return passkey


def offer_sign_in(work: Work, site: Site, browser: str) -> str:
    """JSON that the browser needs to show a passkey; it names nobody, so that it tells nothing to whoever asks."""
    challenge = _challenge(work, browser, None)
    return options_to_json(
        generate_authentication_options(rp_id=site.host, challenge=challenge, user_verification=VERIFIED)
    )


def use_passkey(work: Work, site: Site, answer: str, browser: str, device: Device) -> str:
    """The secret of a new session. Raises WrongInput for a passkey that opens nothing."""
    credential, challenge = _read(work, answer, browser, None)
    wanted = select(Passkey).where(Passkey.credential == _bytes(credential.get("id")), Passkey.revoked_at.is_(None))
    passkey = work.session.scalars(wanted.with_for_update()).first()
    principal = work.session.get(Principal, passkey.principal_id) if passkey else None
    if passkey is None or principal is None or principal.ended_at is not None:
        raise _refused()
    with _right():
        found = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        )
    passkey.uses, passkey.used_at = found.new_sign_count, work.now
    return begin_session(work, principal.id, "passkey", device)


def revoke_passkey(work: Work, principal_id: int, passkey_id: int) -> bool:
    """False for one that is not theirs, or was removed before."""
    row = work.session.get(Passkey, passkey_id, with_for_update=True)
    if row is None or row.principal_id != principal_id or row.revoked_at is not None:
        return False
    row.revoked_at = work.now
    work.audit("portal", "passkey_removed", "passkey", row.id)
    return True


def _challenge(work: Work, browser: str, principal_id: int | None) -> bytes:
    value = secrets.token_bytes(32)
    challenges.ask(work, value, browser, principal_id)
    return value


def _read(work: Work, answer: str, browser: str, principal_id: int | None) -> tuple[dict[str, Any], bytes]:
    """The browser's answer and the challenge it signed."""
    with _right():
        credential: dict[str, Any] = json.loads(answer[:LONGEST])
        value = parse_client_data_json(_bytes(credential["response"]["clientDataJSON"])).challenge
    if not challenges.answered(work, value, browser, principal_id):
        raise _refused()
    return credential, value


@contextmanager
def _right() -> Iterator[None]:
    """Whatever the library finds wrong in an answer is told in the same words."""
    try:
        yield
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refused() from error


def _bytes(text: Any) -> bytes:
    return base64url_to_bytes(text) if isinstance(text, str) else b""


def _refused() -> WrongInput:
    return WrongInput("This passkey does not open anything here.", "Try again, or come in by mail.")
