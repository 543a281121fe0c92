"""Whose customers a member of staff may see: those of the branches that their role is for; a role without one is for all."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import true

from portal import guard


@dataclass(frozen=True)
class Scope:
    """branches: None for all of the region."""

    branches: frozenset[str] | None

    def holds(self, branch: str | None) -> bool:
        return self.branches is None or branch in self.branches

    def where(self, column: Any) -> Any:
        """The same as a condition on a column of branches."""
        return true() if self.branches is None else column.in_(self.branches)


def scope_of(roles: Collection[str]) -> Scope:
    """Of whoever asks, by any of these roles."""
    person = guard.who()
    found = {branch for role, branch in person.grants if role in roles} if person else set()
    return Scope(None if None in found else frozenset(branch for branch in found if branch))
