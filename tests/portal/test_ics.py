"""An appointment as a calendar file."""

from datetime import UTC, datetime

from portal.ics import calendar_file
from portal.visits import Booked

AT = datetime(2026, 11, 26, 7, tzinfo=UTC)


def test_long_lines_are_folded_between_characters_and_signs_are_escaped():
    visit = Booked(7, AT, AT, "مركز الخليج، الشارقة; " * 8, "x", "UTC", "Octavia, Combi", "", (), "booked")

    text = calendar_file(visit, "Tarn & Holt", "eu.localhost", AT)

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    unfolded = text.replace("\r\n ", "")
    assert "SUMMARY:Tarn & Holt · Octavia\\, Combi\r\n" in unfolded
    assert "الشارقة\\; " in unfolded
    assert text.endswith("END:VCALENDAR\r\n")
