"""Who did something: `principal:NUMBER` of whoever was signed in, else a name given at the machine, or a part of the hub.

A title is what somebody is called. It proves nothing: several may bear one, and one may be called anew."""

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Principal

SIGNED_IN = re.compile(r"principal:([0-9]{1,18})")


def signed_in_as(principal_id: int) -> str:
    return f"principal:{principal_id}"


def titles_of(session: Session, actors: Iterable[str]) -> Mapping[str, str]:
    """What each is called; a name, or a number that nobody bears, is told as it is."""
    several = set(actors)
    found = {one.id: one.title for one in _principals(session, several)}
    return {actor: found.get(_number(actor), actor) for actor in sorted(several)}


def named(session: Session, title: str) -> list[str]:
    """Everybody who may have acted under this title, the title itself among them: as one at the machine it is a name."""
    ids = session.scalars(select(Principal.id).where(Principal.title == title).order_by(Principal.id))
    return [title, *map(signed_in_as, ids)]


def are_one(session: Session, one: str, other: str) -> bool:
    """May both be one person, and so no two pairs of eyes? Two who signed in are told apart by their principals, unless both belong
    to one person. A name that nobody signed in under is taken for everybody who is called so."""
    if one == other:
        return True
    known = {signed_in_as(row.id): row for row in _principals(session, {one, other})}
    first, second = known.get(one), known.get(other)
    if first is not None and second is not None:
        return first.person_id is not None and first.person_id == second.person_id
    return any(row.title in (one, other) for row in known.values())


def _number(actor: str) -> int:
    found = SIGNED_IN.fullmatch(actor)
    return int(found[1]) if found else 0


def _principals(session: Session, actors: Iterable[str]) -> list[Principal]:
    ids = [number for number in map(_number, actors) if number]
    return list(session.scalars(select(Principal).where(Principal.id.in_(ids)))) if ids else []
