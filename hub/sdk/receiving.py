"""The kit's checks of what comes in: recorded webhooks verify, altered ones do not, and words become records."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from hub.errors import HubError, WrongInput, WrongSignature
from hub.sdk.checks import Notebook
from hub.sdk.contracts import Account, Incoming, Knock, Normalises, Receives
from hub.sdk.records import Record

NONSENSE = (b"", b"{", b"null", b"[]", b"{}", b"[1]", b'"x"', b'{"a": 1}', b"\xff\xfe", b"[" * 50_000)
HOUR = timedelta(hours=1)
UNSIGNED = {"x-request-id": "1", "idempotency-key": "2", "user-agent": "kit", "x-forwarded-for": "192.0.2.1"}


@dataclass(frozen=True)
class Recorded:
    """One webhook as a partner sent it. records: names of the records it means, in order; none is a list, too."""

    name: str
    knock: Knock
    records: tuple[str, ...]


def recorded_in(folder: Path) -> list[Recorded]:
    """Files *.json of: method, url, headers (names in lower case), body (a text), received_at (ISO), records."""
    return [
        _recorded(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))
    ]


def _recorded(name: str, found: Mapping[str, Any]) -> Recorded:
    at = datetime.fromisoformat(found["received_at"])
    knock = Knock(found["method"], found["url"], found["headers"], found["body"].encode(), at)
    return Recorded(name, knock, tuple(found["records"]))


def check_receives(
    book: Notebook, build: Callable[[Account], Any], account: Account, recorded: Sequence[Recorded]
) -> None:
    book.check("webhooks are recorded", lambda: "" if recorded else "there is no payload to verify")
    keys: list[str] = []
    for one in recorded:
        _check_signature(book, build, account, one)
        _check_keys(book, build, account, one)
        book.check(f"{one.name}: answers the partner", lambda one=one: _answers(build(account), one))  # type: ignore[misc]
        try:
            keys += [incoming.key for incoming in build(account).verify(one.knock)]
        except Exception:  # noqa: BLE001, S112 - told by the checks above
            continue
    book.check("different webhooks have different keys", lambda: "" if len(set(keys)) == len(keys) else "keys repeat")


def _check_signature(book: Notebook, build: Callable[[Account], Any], account: Account, one: Recorded) -> None:
    body, at = one.knock.body, one.knock.received_at

    def verify(knock: Knock, secrets: Mapping[str, str] = account.secrets) -> Sequence[Incoming]:
        connector: Receives = build(replace(account, secrets=secrets))
        return connector.verify(knock)

    book.check(f"{one.name}: verifies", lambda: "" if verify(one.knock) else "nothing came of it")
    wrong = {name: _other(secret) for name, secret in account.secrets.items()}
    book.refuses(f"{one.name}: refused with a wrong secret", lambda: verify(one.knock, wrong), WrongSignature)
    book.refuses(f"{one.name}: refused without a secret", lambda: verify(one.knock, {}), HubError)
    for what, knock in {
        "with an altered body": replace(one.knock, body=body[:-1] + bytes([body[-1] ^ 1])),
        "with a longer body": replace(one.knock, body=body + b" "),
        "with no header at all": replace(one.knock, headers={}),
        "an hour late": replace(one.knock, received_at=at + HOUR),
        "an hour early": replace(one.knock, received_at=at - HOUR),
    }.items():
        book.refuses(f"{one.name}: refused {what}", lambda knock=knock: verify(knock), WrongSignature)  # type: ignore[misc]


def _other(secret: str) -> str:
    """Of the same form, so that it is refused for its value and not for its looks."""
    if secret.startswith("whsec_"):
        return "whsec_" + base64.b64encode(b"another secret of the kit, long").decode()
    return secret[::-1] + "x"


def _check_keys(book: Notebook, build: Callable[[Account], Any], account: Account, one: Recorded) -> None:
    def told(knock: Knock) -> list[Incoming]:
        return list(build(account).verify(knock))

    def stable() -> str:
        first, again = (
            told(one.knock),
            told(replace(one.knock, received_at=one.knock.received_at + timedelta(seconds=1))),
        )
        return "" if first == again else "another try a second later is told apart"

    def signed_only() -> str:
        """A header may be changed by anybody unless it is signed; where the change verifies, it must change nothing."""
        first = told(one.knock)
        for name, value in {**UNSIGNED, **{name: f"{value}0" for name, value in one.knock.headers.items()}}.items():
            try:
                found = told(replace(one.knock, headers={**one.knock.headers, name: value}))
            except HubError:
                continue
            if found != first:
                return f"the unsigned header {name} changes what is told"
        return ""

    book.check(f"{one.name}: is known again", stable)
    book.check(f"{one.name}: its key is made of signed bytes", signed_only)


def _answers(connector: Receives, one: Recorded) -> str:
    answer = connector.answer(one.knock)
    return "" if 200 <= answer.status < 300 else f"answers {answer.status}"


def check_normalises(
    book: Notebook, build: Callable[[Account], Any], account: Account, recorded: Sequence[Recorded]
) -> None:
    connector: Normalises = build(account)
    known = get_args(Record)

    def records(one: Recorded) -> str:
        found = [
            record for incoming in build(account).verify(one.knock) for record in connector.normalise(incoming.payload)
        ]
        names = tuple(type(record).__name__ for record in found)
        strangers = [record for record in found if not isinstance(record, known)]
        return "" if names == one.records and not strangers else f"gave {names}, recorded are {one.records}"

    if isinstance(connector, Receives):
        for one in recorded:
            book.check(f"{one.name}: becomes its records", lambda one=one: records(one))  # type: ignore[misc]
    for payload in NONSENSE:
        shown = payload[:12].decode("ascii", "replace")
        book.refuses(f"nonsense is refused ({shown})", lambda payload=payload: connector.normalise(payload), WrongInput)  # type: ignore[misc]
