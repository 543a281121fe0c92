"""One appointment as a calendar file (RFC 5545): in UTC, so that no calendar has to know the branch's zone."""

from datetime import UTC, datetime

from portal.visits import Booked

FOLD = 74  # octets of a line before it goes on in the next (RFC 5545, 3.1: at most 75)


def calendar_file(visit: Booked, chain: str, host: str, now: datetime) -> str:
    """The same appointment has the same UID, so a moved one replaces the one before."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Garage Hub//portal//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{visit.id}@{host}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(visit.starts_at)}",
        f"DTEND:{_utc(visit.ends_at)}",
        f"SUMMARY:{_text(' · '.join(part for part in (chain, visit.car) if part))}",
        f"LOCATION:{_text(visit.branch)}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) for line in lines)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    for sign in ("\\", ";", ","):
        value = value.replace(sign, f"\\{sign}")
    return value.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Between characters, never inside one."""
    found, width = "", 0
    for letter in line:
        size = len(letter.encode())
        if width + size > FOLD:
            found, width = f"{found}\r\n ", 1
        found, width = found + letter, width + size
    return f"{found}\r\n"
