"""What the connector kit found: named checks, each good or with its reason."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """why: empty when ok."""

    name: str
    ok: bool
    why: str = ""


@dataclass(frozen=True)
class Report:
    """A connector that was checked for nothing has proved nothing: no check is a failure."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return bool(self.checks) and all(check.ok for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.ok)

    def __str__(self) -> str:
        lines = [
            f"{'ok  ' if check.ok else 'FAIL'} {check.name}{check.why and ': ' + check.why}" for check in self.checks
        ]
        return "\n".join(lines or ["FAIL no check ran"])


@dataclass
class Notebook:
    """Collects checks while they run, and every text the connector let out on the way."""

    checks: list[Check] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def check(self, name: str, why: Callable[[], str]) -> None:
        """why: tells what is wrong, or answers an empty text. Whatever it raises is a failure of this check alone."""
        try:
            wrong = why()
        except Exception as error:  # noqa: BLE001 - a connector under test may do anything
            self.heard.append(f"{error!s} {error!r}")
            wrong = f"raised {type(error).__name__}"
        self.checks.append(Check(name, not wrong, wrong))

    def refuses(self, name: str, act: Callable[[], object], *errors: type[Exception]) -> None:
        """A check that `act` raises one of these errors. What it answers is read to its end: it may be lazy."""
        self.check(name, lambda: self._refusal(act, errors))

    def _refusal(self, act: Callable[[], object], errors: tuple[type[Exception], ...]) -> str:
        try:
            found = act()
            if isinstance(found, Iterable):
                list(found)
        except errors as error:
            self.heard.append(f"{error!s} {error!r}")
            return ""
        return f"was accepted; expected {' or '.join(error.__name__ for error in errors)}"
