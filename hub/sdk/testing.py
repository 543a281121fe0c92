"""Proves a connector: its names, what it receives, reads and pushes, and that it keeps secrets and people to itself."""

from collections.abc import Collection

from hub.sdk.cases import Case, Changes, Judged, sandbox_account
from hub.sdk.contracts import Account
from hub.sdk.kit import AREAS
from hub.sdk.kit.run import Run, running
from hub.sdk.kit.table import TABLE, Check, Finding, Level, Report
from hub.sdk.scorer_checks import check_scorer

__all__ = [
    "TABLE", "Account", "Case", "Changes", "Check", "Finding", "Judged", "Level", "Report", "check_connector",
    "check_scorer", "sandbox_account",
]  # fmt: skip

FIRST = ("shape.name", "shape.kind", "shape.topics", "shape.built")  # without these nothing else can be asked


def check_connector(case: Case, *, only: Collection[str] = ()) -> Report:
    """Runs the table against a connector, on this machine alone. only: ids of checks; default: all of them.

    What a connector can do and nothing was given for is a failed check; what it does not claim to do is named as not
    applicable. No value of a person or a secret is in the report."""
    unknown = set(only) - TABLE.keys()
    if unknown:
        raise ValueError(f"There is no check {', '.join(sorted(unknown))}.")
    findings: list[Finding] = []
    with running(case) as run:
        for one in rows():
            if only and one.id not in only and one.id not in FIRST:
                continue
            findings.append(_found(run, one))
            if one.id == FIRST[-1] and any(finding.state == "failed" for finding in findings):
                break
    wanted = [one for one in findings if not only or one.check.id in only or one.state == "failed"]
    return Report(tuple(wanted))


def rows() -> list[Check]:
    """The table in the order in which it runs."""
    places = {area: place for place, area in enumerate(AREAS)}
    return sorted(TABLE.values(), key=lambda one: places[one.id.partition(".")[0]])


def _found(run: Run, check: Check) -> Finding:
    """Whatever a check raises is a failure of this check alone."""
    if excuse := check.excusable and run.case.excuses.get(check.id):
        return Finding(check, "not_applicable", f"the partner's contract: {excuse}")
    try:
        reason = check.needs(run)
        if reason:
            return Finding(check, "not_applicable", reason)
        wrong = list(check.test(run))
    except Exception as error:  # noqa: BLE001 - a connector under test may do anything
        run.heard.append(f"{error!s} {error!r}")
        wrong = [f"raised {type(error).__name__}"]
    return Finding(check, "failed", "; ".join(wrong[:3])) if wrong else Finding(check, "ok")
