"""What is wrong in a rule file: where, what, and how to mend it; all problems of all files at once."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file, counted from 1."""

    file: str
    line: int
    column: int


NOWHERE = Mark("", 0, 0)


@dataclass(frozen=True, order=True)
class Problem:
    mark: Mark
    what: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.mark.file}:{self.mark.line}:{self.mark.column}: " if self.mark.file else ""
        return f"{place}{self.what} {self.hint}".strip()


class RuleError(Exception):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
