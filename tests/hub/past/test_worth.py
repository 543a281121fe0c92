"""What a service brings is told from whole visits, parts and all, in the currency of the customer."""

from hub.past.worth import Purse, Worth
from pasts import a_past, of


def lines(visit, *services, currency="EUR"):
    price = {"oil": 100.0, "brakes": 300.0}
    rows = []
    for one in services:
        rows += of(
            1, visit, visit_id=visit, service=one, price=price[one] * 0.6, margin=price[one] * 0.3, currency=currency
        )
        rows += of(
            1,
            visit,
            visit_id=visit,
            service="part",
            kind="part",
            price=price[one] * 0.4,
            margin=None,
            currency=currency,
        )
    return rows


def purse():
    works = [*lines(10, "oil"), *lines(20, "oil", "brakes"), *lines(30, "brakes", "oil")]
    for row in works:
        row["margin"] = row["margin"] or 20.0
    return Purse(a_past(100, visits=[*of(1, 10, 20), *of(2, 30, currency="AED")], works=works))


def test_parts_go_with_the_service_they_were_used_for():
    assert (purse().worth(1, "oil").price_minor, purse().worth(1, "brakes").price_minor) == (100, 300)


def test_another_currency_has_no_price_that_nobody_told():
    assert purse().worth(2, "oil") == Worth(None, None, "AED")


def test_a_margin_that_nobody_told_is_none():
    works = of(1, 10, visit_id=1, service="oil", margin=None)

    assert Purse(a_past(100, visits=of(1, 10), works=works)).worth(1, "oil").margin_minor is None
