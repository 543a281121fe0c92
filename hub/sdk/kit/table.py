"""The table of the kit's checks, and what became of each: good, failed with its reason, or not applicable and why."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from hub.sdk.kit.run import Run


class Level(StrEnum):
    """bronze: it does what it says and lets nobody in. silver: it survives what partners and networks do every day. gold: it
    loses and doubles nothing in the rare and nasty cases, keeps both sides in step, and forgets whom it has to forget."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


Needs = Callable[["Run"], str]
Test = Callable[["Run"], Iterable[str]]


@dataclass(frozen=True)
class Check:
    """One row. needs: why it does not apply to this connector, or an empty text. test: yields what is wrong, if anything.
    fault: it is one of the named faults. excusable: a partner's contract may make it impossible."""

    id: str
    title: str
    proves: str
    level: Level
    needs: Needs
    test: Test
    fault: bool = False
    excusable: bool = False


@dataclass(frozen=True)
class Finding:
    """why: what is wrong, or why the check does not apply; empty when all is well."""

    check: Check
    state: Literal["ok", "failed", "not_applicable"]
    why: str = ""

    def __str__(self) -> str:
        mark = {"ok": "ok  ", "failed": "FAIL", "not_applicable": "n/a "}[self.state]
        return f"{mark} {self.check.level:6} {self.check.id}: {self.check.title}{self.why and ' - ' + self.why}"


@dataclass(frozen=True)
class Report:
    """A connector that was checked for nothing has proved nothing: no check is a failure."""

    findings: tuple[Finding, ...]

    @property
    def ran(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state != "not_applicable")

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state == "failed")

    @property
    def not_applicable(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state == "not_applicable")

    @property
    def ok(self) -> bool:
        return bool(self.ran) and not self.failures

    @property
    def level(self) -> Level | None:
        """The highest level of which, and below which, no check failed; computed from what ran, never claimed."""
        reached = None
        for level in Level:
            if any(one.check.level is level for one in self.failures):
                break
            if any(one.check.level is level for one in self.ran):
                reached = level
        return reached

    def reaches(self, level: Level) -> bool:
        return self.level is not None and list(Level).index(self.level) >= list(Level).index(level)

    def __str__(self) -> str:
        counts = Counter(one.state for one in self.findings)
        end = f"{counts['ok']} ok, {counts['failed']} failed, {counts['not_applicable']} not applicable: "
        lines = [str(one) for one in self.findings] or ["FAIL no check ran"]
        return "\n".join([*lines, end + (str(self.level) if self.level else "no level")])

    def as_json(self) -> dict[str, Any]:
        rows = [
            {"id": one.check.id, "level": str(one.check.level), "state": one.state, "why": one.why}
            for one in self.findings
        ]
        return {"ok": self.ok, "level": self.level and str(self.level), "checks": rows}


TABLE: dict[str, Check] = {}  # id -> row, in the order in which they run


def check(
    id: str, title: str, level: Level, needs: Needs, *, fault: bool = False, excusable: bool = False, proves: str = ""
) -> Callable[[Test], Test]:
    """Puts a function into the table; its docstring says what it proves."""

    def put(test: Test) -> Test:
        if id in TABLE:
            raise ValueError(f"there are two checks {id}")
        said = " ".join((proves or test.__doc__ or "").split())
        TABLE[id] = Check(id, title, said, level, needs, test, fault, excusable)
        return test

    return put
