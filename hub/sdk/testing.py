"""Proves a connector: its names, what it receives, what it pushes, and that it keeps its secrets to itself."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

from hub.sdk.checks import Check, Notebook, Report
from hub.sdk.contracts import (
    Account,
    Connector,
    EffectClass,
    Fetches,
    Imports,
    Kind,
    Normalises,
    Pushes,
    Receives,
    Topic,
)
from hub.sdk.pushing import Judged, bench, check_pushes
from hub.sdk.receiving import check_normalises, check_receives, recorded_in
from hub.sdk.scorer_checks import check_scorer

__all__ = ["Check", "Judged", "Report", "check_connector", "check_scorer"]

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOTIONS = (Receives, Normalises, Fetches, Pushes, Imports)


def check_connector(
    connector_class: type[Connector], account: Account, payloads: Path | None, sandbox_app: Judged | None = None
) -> Report:
    """payloads: a folder of recorded webhooks (hub.sdk.receiving.recorded_in) signed with the secrets of `account`.

    sandbox_app: the partner's stand-in with its books, served on loopback for the time of the checks. What a connector
    can do and nothing was given for is a failed check. No value of a person or a secret is in the report."""
    book = Notebook()
    with _listening(book):
        _check_names(book, connector_class, account)
        if not book.checks or all(check.ok for check in book.checks):
            _check_motions(book, connector_class, account, payloads, sandbox_app)
            book.heard += [repr(connector_class(account)), str(connector_class(account)), repr(account)]
    _check_secrets(book, account)
    return Report(tuple(book.checks))


def _check_names(book: Notebook, kind: Any, account: Account) -> None:
    book.check("name is lower case, a word", lambda: "" if NAME.fullmatch(str(getattr(kind, "name", ""))) else "is not")
    kinds = get_args(Kind)
    book.check(
        "kind is known", lambda: "" if getattr(kind, "kind", None) in kinds else f"is none of {', '.join(kinds)}"
    )
    book.check("topics are well-formed", lambda: _topics(getattr(kind, "topics", None)))
    book.check("is built from an account", lambda: "" if _does(kind(account)) else "does nothing of what connectors do")


def _does(connector: object) -> bool:
    return any(isinstance(connector, motion) for motion in MOTIONS)


def _topics(topics: object) -> str:
    if not isinstance(topics, tuple) or not all(isinstance(one, Topic) for one in topics):
        return "topics is no tuple of Topic"
    names = [one.name for one in topics]
    if len(set(names)) != len(names) or not all(NAME.fullmatch(name) for name in names):
        return "names of topics are lower case words, each once"
    if not all(isinstance(one.effect, EffectClass) and NAME.fullmatch(one.purpose) for one in topics):
        return "a topic has an effect class and a purpose"
    loud = [one.name for one in topics if one.repeat_blind and one.effect is not EffectClass.BLIND]
    return f"repeat_blind belongs to blind topics, not to {', '.join(loud)}" if loud else ""


def _check_motions(book: Notebook, kind: Any, account: Account, payloads: Path | None, sandbox: Judged | None) -> None:
    connector = kind(account)
    recorded = recorded_in(payloads) if payloads is not None else []
    if isinstance(connector, Receives):
        check_receives(book, kind, account, recorded)
    if isinstance(connector, Normalises):
        check_normalises(book, kind, account, recorded)
    if isinstance(connector, Pushes):
        book.check("a sandbox judges the pushes", lambda: "" if sandbox is not None else "there is none")
        if sandbox is not None:
            with bench(book, kind, account, sandbox) as desk:
                check_pushes(desk)
    elif connector.topics:
        book.check("topics are pushed", lambda: "it has topics and no push()")


def _check_secrets(book: Notebook, account: Account) -> None:
    """Short texts are no secrets: they are found in anything."""
    secrets = [value for value in account.secrets.values() if len(value) >= 8]
    said = "\n".join(book.heard)
    book.check(
        "reprs, errors and logs hold no secret", lambda: "one is shown" if any(one in said for one in secrets) else ""
    )


class _Ear(logging.Handler):
    def __init__(self, book: Notebook) -> None:
        super().__init__(logging.DEBUG)
        self.book = book

    def emit(self, record: logging.LogRecord) -> None:
        self.book.heard.append(record.getMessage())


@contextmanager
def _listening(book: Notebook) -> Iterator[None]:
    """Hears all that is logged meanwhile, at every level."""
    root, ear = logging.getLogger(), _Ear(book)
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(ear)
        root.setLevel(level)
