"""The connector kit: our connectors pass it, and connectors broken on purpose are caught, each by the check meant for it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from broken import (
    Blamer,
    ClockKeyed,
    Credulous,
    Dumb,
    Forgetful,
    HeaderKeyed,
    Hopeful,
    Idle,
    Impatient,
    Misnamed,
    NewKeys,
    OneKey,
    Optimist,
    ParsesFirst,
    Shown,
    StatusReader,
    Stubborn,
    Swallowing,
    Talkative,
    Telling,
    Timeless,
    TooMany,
    TwiceTold,
    Unasked,
    UnknownKind,
    WrongClass,
)
from connectors.hubspot import HubSpot
from connectors.loyalty import Loyalty
from connectors.shop import Shop
from connectors.sms import Sms
from hub.errors import Refused, WrongSignature
from hub.sdk import Account, Record
from hub.sdk.testing import Report, check_connector
from proving import HUBSPOT, LOYALTY, SANDBOXES, SHOP, SMS, account_of, payloads_of

OURS = [(Loyalty, LOYALTY, 80), (HubSpot, HUBSPOT, 100), (Shop, SHOP, 80), (Sms, SMS, 15)]


def proved(kind: Any, account: Account, folder: Path, name: str) -> Report:
    payloads = payloads_of(name)
    return check_connector(kind, account, payloads if payloads.is_dir() else None, SANDBOXES[name](folder))


@pytest.mark.parametrize(("kind", "account", "least"), OURS, ids=["loyalty", "hubspot", "shop", "sms"])
def test_our_connectors_pass(kind: Any, account: Account, least: int, tmp_path: Path) -> None:
    report = proved(kind, account, tmp_path, kind.name)
    assert report.ok, str(report)
    assert len(report.checks) >= least


def test_no_check_at_all_is_a_failure() -> None:
    assert not Report(()).ok
    assert "no check ran" in str(Report(()))


def test_what_a_connector_can_do_and_nothing_was_given_for_is_a_failed_check() -> None:
    report = check_connector(Loyalty, LOYALTY, None, None)
    assert {check.name for check in report.failures} == {"webhooks are recorded", "a sandbox judges the pushes"}


def test_a_report_names_its_failures() -> None:
    assert "FAIL a sandbox judges the pushes: there is none" in str(check_connector(Sms, SMS, None, None))


# --- connectors broken on purpose ----------------------------------------------------------------------------------


MUTANTS = [
    (Credulous, "refused with a wrong secret"), (Credulous, "refused with an altered body"), (Timeless, "an hour late"),
    (Timeless, "an hour early"), (HeaderKeyed, "made of signed bytes"), (ClockKeyed, "is known again"),
    (OneKey, "different webhooks have different keys"), (ParsesFirst, "refused with an altered body"),
    (Swallowing, "nonsense is refused"), (Dumb, "becomes its records"), (NewKeys, "is keyed"),
    (Optimist, "no answer in time"), (Optimist, "busy (429)"), (Stubborn, "a reset after the effect"),
    (Stubborn, "a page instead of JSON"), (Impatient, "waits as long as asked"), (Blamer, "401 is AuthBroken"),
    (Hopeful, "400 is refused"), (Forgetful, "one outcome each"), (Idle, "one outcome each"), (TooMany, "a full batch"),
    (Unasked, "is askable"), (WrongClass, "is natural"), (StatusReader, "a full batch"), (Talkative, "hold no secret"),
    (Shown, "hold no secret"), (Telling, "hold no secret"), (Misnamed, "name is"), (UnknownKind, "kind is"),
    (TwiceTold, "topics are well-formed"),
]  # fmt: skip
ACCOUNTS = {"loyalty": LOYALTY, "hubspot": HUBSPOT, "sms": SMS}


@pytest.mark.parametrize(("kind", "check"), MUTANTS, ids=[f"{kind.__name__}-{check}" for kind, check in MUTANTS])
def test_a_broken_connector_is_caught_by_the_check_meant_for_it(kind: Any, check: str, tmp_path: Path) -> None:
    name = kind.__mro__[1].name
    report = proved(kind, ACCOUNTS[name], tmp_path, name)
    assert not report.ok
    assert any(check in one.name for one in report.failures), str(report)


def test_a_crash_on_nonsense_is_a_failed_check_and_no_traceback(tmp_path: Path) -> None:
    class Raw(Loyalty):
        def normalise(self, payload: bytes) -> Iterable[Record]:
            return [json.loads(payload)["type"]]

    failed = {one.why for one in proved(Raw, LOYALTY, tmp_path, "loyalty").failures if "nonsense" in one.name}
    assert "raised KeyError" in failed


def test_a_connector_that_cannot_be_built_is_a_failed_check() -> None:
    class Needy(Sms):
        def __init__(self, account: Account) -> None:
            raise Refused("needs more")

    assert [(one.name, one.why) for one in check_connector(Needy, account_of(), None).failures] == [
        ("is built from an account", "raised Refused")
    ]


def test_the_recorded_payloads_are_judged_with_the_secret_they_were_signed_with() -> None:
    report = check_connector(
        Loyalty, account_of("whsec_" + "b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIh"), payloads_of("loyalty")
    )
    assert {one.why for one in report.failures if one.name.endswith(": verifies")} == {
        f"raised {WrongSignature.__name__}"
    }
