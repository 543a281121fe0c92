"""Whose customers a member of staff may see: those of the branches that their role is for; a role without one is for all."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from hub.models import Role
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


def scope_of(session: Session, roles: Collection[str]) -> Scope:
    """Of whoever asks, by any of these roles."""
    person = guard.who()
    mine = (Role.principal_id == (person.principal_id if person else 0), Role.role.in_(roles))
    found = set(session.scalars(select(Role.branch).where(*mine)))
    return Scope(None if None in found else frozenset(branch for branch in found if branch))
