"""Days by the calendar and numbers in the digits that a reader chose; plates and what is typed stay as they are."""

import re
from datetime import UTC, date, datetime

import pytest
from markupsafe import Markup

from desks import Visitor
from portal.calendars import ARABIC, BUDDHIST, HIJRI, THAI, in_digits
from portal.languages import Languages, Tongue

NOON = datetime(2026, 2, 18, 9, 5, tzinfo=UTC)


def tongue(code: str, calendar: str = "", digits: str = "") -> Tongue:
    return Languages("Asia/Riyadh").tongues[code].by(calendar, digits)


@pytest.mark.parametrize(
    ("on", "told"),
    [
        (date(2024, 4, 10), "1 شوال 1445 هـ"),  # the days that Saudi Arabia began to fast and to feast
        (date(2025, 3, 1), "1 رمضان 1446 هـ"),
        (date(2026, 2, 18), "1 رمضان 1447 هـ"),
        (date(2026, 2, 17), "29 شعبان 1447 هـ"),
        (date(1900, 1, 1), "1 يناير 1900"),  # beyond the tables
    ],
)
def test_a_day_is_told_by_umm_al_qura(on: date, told: str) -> None:
    assert tongue("ar", HIJRI).day(on) == told


def test_every_way_to_tell_a_day_follows_and_an_appointment_names_both() -> None:
    hijri, thai = tongue("ar", HIJRI), tongue("th", BUDDHIST)

    assert hijri.moment(NOON) == "1 رمضان, 12:05"
    assert hijri.short_day(date(2026, 2, 18), date(2026, 3, 1)) == "1 رمضان"
    assert hijri.short_day(date(2026, 2, 18), date(2027, 3, 1)) == "1 رمضان 1447 هـ"
    assert hijri.weekday(NOON, "Asia/Riyadh") == "الأربعاء 1 رمضان (18 فبراير)"
    assert hijri.month(date(2026, 2, 1)) == "فبراير 2026", "sums are counted by the months of the books"
    assert thai.day(date(2024, 2, 29)) == "29 กุมภาพันธ์ พ.ศ. 2567"
    assert (hijri.year(2026), thai.year(2026), tongue("ar", digits=ARABIC).year(2026)) == ("2026", "2569", "٢٠٢٦")
    assert thai.month(date(2026, 2, 1)) == "กุมภาพันธ์ พ.ศ. 2569"


def test_a_day_is_that_of_the_zone_in_which_it_is_told() -> None:
    late = datetime(2026, 2, 17, 22, 30, tzinfo=UTC)  # past midnight in Riyadh

    assert tongue("ar", HIJRI).moment(late) == "1 رمضان, 01:30"


def test_numbers_money_and_times_are_in_the_digits_of_choice() -> None:
    arabic = tongue("ar", digits=ARABIC)

    assert arabic.number(12345.5) == "١٢٬٣٤٥٫٥"
    assert arabic.percent(0.314) == in_digits(ARABIC, tongue("ar").percent(0.314))
    assert "٣١٫٤" in arabic.percent(0.314)
    assert "١٢٫٥٠" in arabic.money(1250, "AED")
    assert isinstance(arabic.money(1250, "AED"), Markup)
    assert arabic.clock(NOON, "Asia/Riyadh").startswith("١٢:٠٥")
    assert tongue("th", digits=THAI).number(1234) == "๑,๒๓๔"
    assert "٣" in arabic.count("%(number)s day", "%(number)s days", 3)


def test_what_a_language_has_not_is_not_chosen() -> None:
    assert tongue("de", HIJRI, ARABIC) == tongue("de")
    assert tongue("ar", BUDDHIST, THAI) == tongue("ar")


def test_the_choice_is_kept_in_the_browser_and_plates_stay_as_they_are(customer: Visitor) -> None:
    customer.get("/my/?lang=ar&calendar=hijri&digits=arab")

    text = customer.get("/my/cars/").text

    assert "B TH 4172" in text or "B-TH 4172" in text
    assert re.search("[٠-٩]", text)
    assert 'href="?calendar=hijri" rel="nofollow" aria-current="true"' in text
    assert "calendar=" not in customer.get("/my/?lang=en").text
