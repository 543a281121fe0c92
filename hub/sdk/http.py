"""How connectors talk to partners: safe against SSRF, never without a timeout, and foreign errors translated once, here."""

import json as jsonlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests_hardened import Config, Manager
from urllib3.exceptions import HTTPError as BrokenBody
from urllib3.exceptions import ReadTimeoutError

from hub.errors import AuthBroken, Gone, PartnerError, Refused, RetryLater
from hub.sdk.budget import Meters
from hub.sdk.oauth import Tokens

Usage = Callable[[Mapping[str, str]], Iterable[tuple[str, int]]]
Witness = Callable[
    [str, str, int, Mapping[str, str], bytes], None
]  # method, address, status, headers, body of an answer
MOST_BYTES = 10_000_000
AGENT = "garage-hub"
DRIP = 3  # read timeouts that a whole answer may take
BROKEN_OFF = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
NOBODY_HEARD = ("NewConnectionError", "NameResolutionError", "Failed to resolve", "SSLCertVerificationError")
QUOTA_WORDS = ("rate limit", "rate_limit", "request_limit_exceeded", "too many requests", "quota")


@dataclass(frozen=True)
class Reply:
    """A 2xx as it came. headers: names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return _json(self.status, self.body)


class PartnerClient:
    """One partner account over HTTP; a session is kept, so connections are reused.

    timeout: (connect, read) seconds; an answer that drips has three times the read timeout in all. allow_loopback: for
    sandboxes on this machine only; other private addresses, and redirects, are never followed. budget: asked before each
    call; usage: reads from an answer's headers how many calls are left in which window. tokens: asked for
    an access token with each call. witness: is shown every answer, for recordings."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: tuple[float, float] = (3.0, 10.0),
        allow_loopback: bool = False,
        budget: Meters | None = None,
        usage: Usage | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        config = Config(
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=allow_loopback,
            never_redirect=True,
            default_timeout=timeout,
            user_agent_override=AGENT,
        )
        self.base_url = base_url.rstrip("/") + "/"
        self.session = Manager(config).get_session()
        self.session.headers.update(headers or {})
        self.patience = timeout[1] * DRIP
        self.budget = budget
        self.usage = usage
        self.tokens = tokens
        self.witness: Witness | None = None

    def close(self) -> None:
        self.session.close()
        if self.tokens is not None:
            self.tokens.close()

    def __repr__(self) -> str:
        return f"PartnerClient({self.base_url})"

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The parsed JSON of a 2xx (None for an empty body). Raises RetryLater, AuthBroken, Refused, Gone."""
        return self.exchange(method, path, json=json, params=params, headers=headers).json()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The whole 2xx, for what is no JSON or says something in its headers. Raises as `request` does.

        A token that has just run out had no effect, so the call is made once more under a new one."""
        if self.tokens is None:
            return self._exchange(method, path, json, content, params, headers)
        token = self.tokens.token()
        try:
            return self._exchange(method, path, json, content, params, _bearing(headers, token))
        except AuthBroken as error:
            if not error.what.startswith("401"):
                raise
        token = self.tokens.token(spent=token)
        return self._exchange(method, path, json, content, params, _bearing(headers, token))

    def _exchange(
        self,
        method: str,
        path: str,
        json: Any,
        content: bytes | None,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Reply:
        url = self.base_url + path.lstrip("/")  # joined as text: no path leads to another host
        if self.budget is not None:
            self.budget.spend(path)
        try:
            answer = self.session.request(
                method, url, json=json, data=content, params=params, headers=headers, stream=True, allow_redirects=False
            )
            body = self._read(answer)
        except requests.exceptions.ConnectTimeout as error:
            raise RetryLater("The partner does not accept a connection in time.") from error
        except (requests.exceptions.Timeout, ReadTimeoutError) as error:
            raise RetryLater("The partner did not answer in time.", happened=True) from error
        except requests.exceptions.ConnectionError as error:
            raise RetryLater("The connection to the partner broke.", happened=not _refused(error)) from error
        except (*BROKEN_OFF, BrokenBody) as error:
            raise RetryLater("The partner's answer broke off.", happened=True) from error
        except requests.exceptions.RequestException as error:
            raise Refused(f"The address cannot be called ({type(error).__name__}).") from error
        self._hear(answer.headers)
        if self.witness is not None:
            self.witness(method, answer.url, answer.status_code, answer.headers, body)
        if not 200 <= answer.status_code < 300:
            raise error_of(answer.status_code, answer.headers, body)
        return Reply(answer.status_code, answer.headers, body)

    def _read(self, answer: requests.Response) -> bytes:
        """At most MOST_BYTES, for at most `patience` seconds: a partner can fill neither our memory nor our time. Each
        read takes what is there, so that a body that drips is looked at with every drop."""
        body, end = bytearray(), time.monotonic() + self.patience
        with answer:
            while chunk := answer.raw.read1(65_536, decode_content=True):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise RetryLater("The partner's answer is too large.", happened=True)
                if time.monotonic() > end:
                    raise RetryLater("The partner's answer drips for too long.", happened=True)
        return bytes(body)

    def _hear(self, headers: Mapping[str, str]) -> None:
        if self.budget is not None and self.usage is not None:
            for name, remaining in self.usage(headers):
                self.budget.hear(name, remaining)


def _bearing(headers: Mapping[str, str] | None, token: str) -> Mapping[str, str]:
    return {**(headers or {}), "Authorization": f"Bearer {token}"}


def _refused(error: Exception) -> bool:
    """Nobody listened: surely no effect. Anything later than that may have had one."""
    return any(name in repr(error) for name in NOBODY_HEARD)


def _json(status: int, body: bytes) -> Any:
    """A 2xx that is no JSON comes from a proxy or a maintenance page: it may or may not have reached the partner."""
    if status == 204 or not body.strip():
        return None
    try:
        return jsonlib.loads(body)
    except (ValueError, RecursionError) as error:
        raise RetryLater(f"The partner answered {status} with something that is no JSON.", happened=True) from error


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> PartnerError:
    """What a status means for the push: retry, auth, refused or gone."""
    said = words(body)
    after = retry_after(headers.get("Retry-After"), datetime.now(UTC))
    if status in (429, 503) or (status == 403 and any(word in said.casefold() for word in QUOTA_WORDS)):
        return RetryLater(f"The partner asks to wait ({status}).", after=after)
    if status in (401, 403):
        return AuthBroken(f"{status} {said}".strip())
    if status == 410:
        return Gone(f"410 {said}".strip())
    if status in (408, 425) or status >= 500:
        return RetryLater(f"The partner failed ({status}).", after=after, happened=True)
    if status == 300:
        return Refused("conflict: several of the partner's objects match.")
    if 300 <= status < 400:
        return Refused(f"The partner redirects ({status}); redirects are not followed.")
    return Refused(f"{status} {said}".strip())


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from either form of the header (RFC 9110, 10.2.3), or None."""
    if not value:
        return None
    if value.isascii() and value.strip().isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at - now).total_seconds()) if at.tzinfo else None


def words(body: bytes) -> str:
    """The partner's own message, cut short; no other part of a body is kept, as it may repeat what we sent."""
    try:
        found = jsonlib.loads(body)
    except (ValueError, RecursionError):
        return ""
    if isinstance(found, list):
        found = found[0] if found else {}
    if not isinstance(found, dict):
        return ""
    text = found.get("errorCode") or found.get("category") or found.get("code") or ""
    return str(text)[:80]
