"""Checks of webhooks: recorded ones verify, all others do not, and what is told twice is known again."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hub.errors import HubError, WrongSignature
from hub.sdk.contracts import Answer, Incoming, Knock
from hub.sdk.kit.run import Run
from hub.sdk.kit.shape import receives
from hub.sdk.kit.table import Level, check
from hub.sdk.recordings import Recorded

HOUR = timedelta(hours=1)
SKEW = timedelta(minutes=2)
UNSIGNED = {"x-request-id": "1", "idempotency-key": "2", "user-agent": "kit", "x-forwarded-for": "192.0.2.1"}
BIG = 10_000_000


def _verify(run: Run, knock: Knock, secrets: Mapping[str, str] | None = None) -> list[Incoming]:
    return list(run.build(secrets).verify(knock))


def _refused(run: Run, one: Recorded, knock: Knock, secrets: Mapping[str, str] | None = None) -> Iterator[str]:
    try:
        _verify(run, knock, secrets)
    except WrongSignature as error:
        run.heard.append(f"{error!s} {error!r}")
    except HubError as error:
        run.heard.append(f"{error!s} {error!r}")
        yield f"{one.name}: {type(error).__name__}, and not WrongSignature"
    else:
        yield f"{one.name} was accepted"


def other(secret: str) -> str:
    """Of the same form, so that it is refused for its value and not for its looks."""
    if secret.startswith("whsec_"):
        return "whsec_" + base64.b64encode(b"another secret of the kit, long").decode()
    return secret[::-1] + "x"


@check("in.verifies", "recorded webhooks verify", Level.BRONZE, receives)
def _verifies(run: Run) -> Iterator[str]:
    """The scheme is the partner's own, to the byte."""
    for one in run.recorded:
        if not isinstance(_verify(run, one.knock), list):
            yield one.name


@check("in.told", "a recorded webhook that means records tells something", Level.BRONZE, receives)
def _told(run: Run) -> Iterator[str]:
    """What verifies and is dropped is lost: the partner never sends it again."""
    for one in run.recorded:
        if one.records and not _verify(run, one.knock):
            yield f"nothing came of {one.name}"


@check("in.wrong_secret", "a wrong secret is refused", Level.BRONZE, receives)
def _wrong_secret(run: Run) -> Iterator[str]:
    """Nobody else can write into the hub."""
    wrong = {name: other(secret) for name, secret in run.case.account.secrets.items()}
    for one in run.recorded:
        yield from _refused(run, one, one.knock, wrong)


@check("in.no_secret", "without a secret nothing verifies", Level.BRONZE, receives)
def _no_secret(run: Run) -> Iterator[str]:
    """A connection whose secret was forgotten is shut, not open."""
    bare = {"none": ""}
    for one in run.recorded:
        try:
            _verify(run, one.knock, bare)
        except HubError as error:
            run.heard.append(f"{error!s} {error!r}")
        else:
            yield f"{one.name} was accepted"


@check("in.altered", "an altered body is refused", Level.BRONZE, receives, excusable=True)
def _altered(run: Run) -> Iterator[str]:
    """Each byte counts: the first, one in the middle, the last."""
    for one in run.recorded:
        body = one.knock.body
        for place in {0, len(body) // 2, len(body) - 1}:
            changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            yield from _refused(run, one, replace(one.knock, body=changed))


@check("in.longer", "a longer body is refused", Level.BRONZE, receives, excusable=True)
def _longer(run: Run) -> Iterator[str]:
    """Raw bytes are signed, not what a parser makes of them."""
    for one in run.recorded:
        yield from _refused(run, one, replace(one.knock, body=one.knock.body + b" "))


@check("in.bare", "no header at all is refused", Level.BRONZE, receives, excusable=True)
def _bare(run: Run) -> Iterator[str]:
    """A call from anybody."""
    for one in run.recorded:
        yield from _refused(run, one, replace(one.knock, headers={}))


@check("in.late", "an hour late is refused", Level.BRONZE, receives, excusable=True)
def _late(run: Run) -> Iterator[str]:
    """A signature that was overheard is worth nothing later."""
    for one in run.recorded:
        yield from _refused(run, one, replace(one.knock, received_at=one.knock.received_at + HOUR))


@check("in.early", "an hour early is refused", Level.BRONZE, receives, excusable=True)
def _early(run: Run) -> Iterator[str]:
    """Time is checked in both directions: a signature for the future would be good for years."""
    for one in run.recorded:
        yield from _refused(run, one, replace(one.knock, received_at=one.knock.received_at - HOUR))


@check("in.stamp_altered", "an altered header of the signature is refused, or changes nothing", Level.BRONZE, receives)
def _stamp_altered(run: Run) -> Iterator[str]:
    """The key under which a webhook is known again is made of signed bytes: else a replay is new each time."""
    for one in run.recorded:
        first = _verify(run, one.knock)
        for name, value in {**UNSIGNED, **{name: f"{value}0" for name, value in one.knock.headers.items()}}.items():
            try:
                found = _verify(run, replace(one.knock, headers={**one.knock.headers, name: value}))
            except HubError:
                continue
            if found != first:
                yield f"{one.name}: the unsigned header {name} changes what is told"


@check("in.replayed", "a replay is known again", Level.BRONZE, receives)
def _replayed(run: Run) -> Iterator[str]:
    """The same webhook a minute later has the same keys, whoever sends it and however often."""
    for one in run.recorded:
        again = replace(one.knock, received_at=one.knock.received_at + timedelta(seconds=60))
        try:
            second = _verify(run, again)
        except WrongSignature:
            yield f"{one.name}: a minute later it is no longer believed"
            continue
        if _verify(run, one.knock) != second:
            yield f"{one.name} is told apart from itself"


@check("in.distinct", "different webhooks have different keys", Level.BRONZE, receives)
def _distinct(run: Run) -> Iterator[str]:
    """Two things under one key are one thing: the second is lost."""
    keys = [incoming.key for one in run.recorded for incoming in _verify(run, one.knock)]
    if len(set(keys)) != len(keys):
        yield "keys repeat"
    if not all(key and len(key) <= 200 for key in keys):
        yield "a key has 1 to 200 characters"


@check("in.entity", "each says whom it is about", Level.SILVER, receives)
def _entity(run: Run) -> Iterator[str]:
    """Deliveries of one entity are processed in order; without one, a newer state can be overtaken."""
    for one in run.recorded:
        if not all(incoming.entity for incoming in _verify(run, one.knock)):
            yield one.name


@check("in.aware", "the partner's times have a zone", Level.SILVER, receives)
def _aware(run: Run) -> Iterator[str]:
    """A time without a zone is a different moment on each machine."""
    for one in run.recorded:
        if not all(incoming.at is None or incoming.at.utcoffset() is not None for incoming in _verify(run, one.knock)):
            yield one.name


@check("in.answers", "the partner is answered", Level.BRONZE, receives)
def _answers(run: Run) -> Iterator[str]:
    """What is safe is said to be: a partner that hears no 2xx sends again, and some switch the endpoint off."""
    for one in run.recorded:
        answer: Any = run.connector.answer(one.knock)
        if not isinstance(answer, Answer) or not 200 <= answer.status < 300:
            yield f"{one.name}: {getattr(answer, 'status', answer)}"


@check("in.huge", "10 MB that nobody signed are refused", Level.SILVER, receives)
def _huge(run: Run) -> Iterator[str]:
    """The signature is checked before anything is made of the bytes."""
    for one in run.recorded[:1]:
        yield from _refused(run, one, replace(one.knock, body=b"[" * BIG))


@check("in.broken_utf8", "broken UTF-8 that nobody signed is refused", Level.SILVER, receives)
def _broken_utf8(run: Run) -> Iterator[str]:
    """Bytes are compared, never decoded before they are trusted."""
    for one in run.recorded[:1]:
        yield from _refused(run, one, replace(one.knock, body=b"\xff\xfe\x80{"))
        strange = {name: value + "\udcff" for name, value in one.knock.headers.items()}
        try:
            _verify(run, replace(one.knock, headers=strange))
        except HubError:
            continue


@check("in.rotation", "while a secret rotates, both are good", Level.GOLD, receives)
def _rotation(run: Run) -> Iterator[str]:
    """`webhook_secret_previous` is the old one: changing a secret loses no webhook."""
    secrets = dict(run.case.account.secrets)
    if "webhook_secret" not in secrets:
        return
    turned = {**secrets, "webhook_secret": other(secrets["webhook_secret"])}
    for one in run.recorded[:1]:
        if not _verify(run, one.knock, {**turned, "webhook_secret_previous": secrets["webhook_secret"]}):
            yield one.name


def keys_of(found: Sequence[Incoming]) -> list[str]:
    return [one.key for one in found]


@check("fault.clock_skew", "clocks two minutes apart: webhooks are believed", Level.SILVER, receives, fault=True)
def _skew(run: Run) -> Iterator[str]:
    """Both directions: a partner's clock is never ours."""
    for one in run.recorded:
        for shift in (SKEW, -SKEW):
            if keys_of(_verify(run, replace(one.knock, received_at=one.knock.received_at + shift))) != keys_of(
                _verify(run, one.knock)
            ):
                yield one.name


@check("fault.duplicate_webhook", "every webhook twice: each is one delivery", Level.SILVER, receives, fault=True)
def _duplicate(run: Run) -> Iterator[str]:
    """Partners deliver at least once."""
    once = {key for one in run.recorded for key in keys_of(_verify(run, one.knock))}
    twice = {key for one in [*run.recorded, *run.recorded] for key in keys_of(_verify(run, one.knock))}
    if once != twice:
        yield "a repeat is something new"
