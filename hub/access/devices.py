"""A browser in words its owner knows it by, and the mark by which it is known again."""

from dataclasses import dataclass

from ua_parser import parse

LONGEST = 60  # signs of a label; a program may call itself anything


@dataclass(frozen=True)
class Device:
    """label: `Chrome · Android`; empty where a browser says nothing of itself. mark: hash of what only this browser holds,
    or None before it holds anything."""

    label: str = ""
    mark: bytes | None = None


UNKNOWN = Device()


def label_of(user_agent: str) -> str:
    """The families only: a version would make a new device of each update."""
    told = parse(user_agent[:400])
    names = [part.family for part in (told.user_agent, told.os) if part and part.family != "Other"]
    return " · ".join(names)[:LONGEST]
