"""The certification kit: our connectors are gold, and connectors broken on purpose are caught, each by the check meant for it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import broken
from connectors.loyalty import Loyalty
from connectors.sms import Sms
from hub.cli.connector import markdown
from hub.errors import Refused
from hub.sdk import Account, Record
from hub.sdk.kit.table import Report
from hub.sdk.testing import TABLE, Level, check_connector, rows
from proving import case_of

OURS = ("shop", "hubspot", "salesforce", "fleet", "loyalty", "voucherify", "mail", "sms", "webhook")
README = Path(__file__).parents[3] / "hub" / "sdk" / "kit" / "README.md"


@pytest.mark.parametrize("name", OURS)
def test_our_connectors_are_gold(name: str, tmp_path: Path) -> None:
    report = check_connector(case_of(name, tmp_path))

    assert report.level is Level.GOLD, str(report)
    assert len(report.ran) >= 40


def test_the_table_is_large_documented_and_stands_in_the_readme() -> None:
    assert len(TABLE) >= 60
    assert sum(one.fault for one in rows()) >= 20
    assert [one.id for one in rows() if len(one.proves) < 10 or not one.title] == []
    assert markdown() in README.read_text(), "write it anew: ./garage connector checks"


def test_no_check_at_all_is_a_failure() -> None:
    assert not Report(()).ok
    assert Report(()).level is None
    assert "no check ran" in str(Report(()))


def test_what_a_connector_can_do_and_nothing_was_given_for_is_a_failed_check(tmp_path: Path) -> None:
    bare = replace(case_of("loyalty", tmp_path), payloads=None, sandbox=None)

    assert {one.check.id for one in check_connector(bare).failures} == {"shape.recorded", "shape.sandbox"}


def test_what_does_not_apply_is_named_with_its_reason(tmp_path: Path) -> None:
    report = check_connector(case_of("webhook", tmp_path), only=["in.verifies", "read.all", "out.arrives"])

    assert [(one.check.id, one.state, one.why) for one in report.findings] == [
        ("in.verifies", "not_applicable", "it receives no webhooks"),
        ("out.arrives", "ok", ""),
        ("read.all", "not_applicable", "it fetches nothing"),
    ]


def test_a_level_is_computed_from_what_failed_and_an_unknown_check_is_a_mistake(tmp_path: Path) -> None:
    case = replace(case_of("loyalty", tmp_path), connector=broken.Impatient)
    some = ["shape.name", "in.huge", "fault.reset_after", "shape.whole"]

    assert check_connector(case_of("loyalty", tmp_path / "b"), only=some).level is Level.GOLD
    with pytest.raises(ValueError, match="no check x"):
        check_connector(case, only=["x.y"])


def test_only_what_a_partners_contract_may_lack_can_be_excused(tmp_path: Path) -> None:
    case = replace(case_of("sms", tmp_path), excuses={"out.arrives": "it is hard", "in.late": "nothing is signed"})

    (failed,) = check_connector(case, only=["shape.excuses"]).failures

    assert "out.arrives" in failed.why
    assert "in.late" not in failed.why


# --- connectors broken on purpose ----------------------------------------------------------------------------------


MUTANTS: tuple[tuple[Any, str], ...] = (
    (broken.Credulous, "in.wrong_secret"), (broken.Credulous, "in.altered"), (broken.Timeless, "in.late"), (broken.Timeless, "in.early"),
    (broken.HeaderKeyed, "in.stamp_altered"), (broken.ClockKeyed, "in.replayed"), (broken.OneKey, "in.distinct"),
    (broken.ParsesFirst, "in.altered"), (broken.Swallowing, "words.nonsense"), (broken.Dumb, "words.records"),
    (broken.NewKeys, "out.effect"), (broken.Optimist, "fault.timeout"), (broken.Optimist, "out.429_seconds"),
    (broken.Stubborn, "fault.reset_after"), (broken.Stubborn, "fault.page"), (broken.Impatient, "out.429_seconds"),
    (broken.Blamer, "out.401"), (broken.Hopeful, "out.400"), (broken.Forgetful, "out.outcomes"), (broken.Idle, "out.arrives"),
    (broken.TooMany, "out.arrives"), (broken.Unasked, "out.asked"), (broken.WrongClass, "out.effect"),
    (broken.StatusReader, "out.arrives"), (broken.Talkative, "privacy.secrets"), (broken.Shown, "privacy.secrets"),
    (broken.Misnamed, "shape.name"), (broken.UnknownKind, "shape.kind"), (broken.TwiceTold, "shape.topics"),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "check"), MUTANTS, ids=[f"{kind.__name__}-{check}" for kind, check in MUTANTS])
def test_a_broken_connector_is_caught_by_the_check_meant_for_it(kind: Any, check: str, tmp_path: Path) -> None:
    case = replace(case_of(kind.__mro__[1].name, tmp_path), connector=kind)

    report = check_connector(case, only=[check])

    assert [one.check.id for one in report.failures] == [check], str(report)


def test_an_error_that_shows_the_key_is_caught_at_the_end(tmp_path: Path) -> None:
    case = replace(case_of("sms", tmp_path), connector=broken.Telling)

    report = check_connector(case, only=["out.401", "privacy.secrets"])

    assert [one.check.id for one in report.failures] == ["privacy.secrets"]


def test_a_crash_on_nonsense_is_a_failed_check_and_no_traceback(tmp_path: Path) -> None:
    class Raw(Loyalty):
        def normalise(self, payload: bytes) -> Iterable[Record]:
            return [json.loads(payload)["type"]]

    report = check_connector(replace(case_of("loyalty", tmp_path), connector=Raw), only=["words.nonsense"])

    assert "raised JSONDecodeError" in report.failures[0].why


def test_a_connector_that_cannot_be_built_is_a_failed_check(tmp_path: Path) -> None:
    class Needy(Sms):
        def __init__(self, account: Account) -> None:
            raise Refused("needs more")

    report = check_connector(replace(case_of("sms", tmp_path), connector=Needy))

    assert [(one.check.id, one.why) for one in report.failures] == [("shape.built", "raised Refused")]
