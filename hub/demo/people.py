"""Plain, fictional customers of a region and their visits, the same for the same seed."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Place:
    """How people of a region are called, where they live, and what a visit costs on average (minor units)."""

    given: Sequence[str]
    family: Sequence[str]
    countries: Sequence[tuple[str, str, str]]  # residence, language, dial code
    branches: Sequence[str]
    currency: str
    decimals: int
    visit_cost: int


PLACES: Mapping[str, Place] = {
    "eu": Place(
        given=("Anna", "Jürgen", "Zoë", "Emil", "Frieda", "Matteo", "Céline", "Björn", "Greta", "Łukasz"),
        family=("Weiß", "Öztürk", "Novák", "Lindqvist", "Moreau", "Kranz", "de Vries", "Sørensen", "Rossi", "Bauer"),
        countries=(("DE", "de", "+4930"), ("DE", "de", "+4989"), ("AT", "de", "+431"), ("FR", "en", "+331")),
        branches=("berlin-mitte", "muenchen-ost", "wien-nord"),
        currency="EUR",
        decimals=2,
        visit_cost=24900,
    ),
    "gcc": Place(
        given=("فاطمة", "أحمد", "نورة", "خالد", "مريم", "يوسف", "ليلى", "سالم", "هند", "عمر"),
        family=("المنصوري", "الحربي", "الكعبي", "السويدي", "العتيبي", "الشامسي", "القحطاني", "الهاشمي"),
        countries=(("AE", "ar", "+9714"), ("SA", "ar", "+96611"), ("KW", "ar", "+965"), ("AE", "en", "+9712")),
        branches=("dubai-marina", "riyadh-north", "kuwait-bay"),
        currency="AED",
        decimals=2,
        visit_cost=89900,
    ),
    "apac": Place(
        given=("Mei Ling", "สมชาย", "Haruto", "Priya", "กานดา", "Jack", "Aiko", "Arjun", "อนงค์", "Chloe"),
        family=("Tan", "ศรีสุข", "Sato", "Nair", "วงศ์ไทย", "Nguyen", "Wilson", "Lim", "Kim", "Rahman"),
        countries=(("SG", "en", "+65"), ("TH", "th", "+662"), ("AU", "en", "+612"), ("JP", "en", "+813")),
        branches=("singapore-east", "bangkok-sathon", "sydney-harbour"),
        currency="SGD",
        decimals=2,
        visit_cost=32000,
    ),
}


@dataclass(frozen=True)
class Made:
    """One customer and the visits so far: (day, items, amount in minor units)."""

    number: str
    row: Mapping[str, str]
    visits: tuple[tuple[date, int, int], ...]
    tier: str
    points: int


def make_people(region: str, count: int, today: date, seed: int) -> Iterator[Made]:
    """count customers of a region; `today` ends their history."""
    place = PLACES.get(region, PLACES["eu"])
    rng = Random(f"{seed}:{region}")  # noqa: S311 - a demo's dice, no secret
    for index in range(count):
        number = f"{region.upper()}-{index + 1:06d}"
        visits = tuple(sorted(_visits(place, rng, today)))
        points = sum(amount for _, _, amount in visits) // 10_000
        yield Made(number, _row(place, rng, number, visits, today), visits, tier_of(points), points)


def tier_of(points: int) -> str:
    return "gold" if points >= 15 else "silver" if points >= 6 else "bronze"


def _row(
    place: Place, rng: Random, number: str, visits: Sequence[tuple[date, int, int]], today: date
) -> dict[str, str]:
    residence, language, dial = rng.choice(place.countries)
    joined = min((day for day, _, _ in visits), default=today)
    return {
        "customer_number": number,
        "name": f"{rng.choice(place.given)} {rng.choice(place.family)}",
        "email": f"{number.lower()}@example.org",
        "phone": f"{dial}{rng.randrange(10**6, 10**7)}",
        "language": language,
        "residence": residence,
        "branch": rng.choice(place.branches),
        "joined_on": joined.isoformat(),
    }


def _visits(place: Place, rng: Random, today: date) -> Iterator[tuple[date, int, int]]:
    """Somebody comes every 60 to 400 days; a third stops coming at some point."""
    day = today - timedelta(days=rng.randrange(30, 1100))
    rhythm = rng.randrange(60, 400)
    last = today - timedelta(days=rng.randrange(120, 700)) if rng.random() < 1 / 3 else today
    while day <= last:
        yield day, rng.randrange(1, 6), max(4900, int(rng.lognormvariate(0, 0.5) * place.visit_cost))
        day += timedelta(days=max(14, int(rng.gauss(rhythm, rhythm / 5))))


def write_customers(path: Path, people: Sequence[Made]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(people[0].row) if people else ["customer_number"])
        writer.writeheader()
        writer.writerows(one.row for one in people)


def write_visits(path: Path, people: Sequence[Made], region: str) -> None:
    place = PLACES.get(region, PLACES["eu"])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_number", "date", "items", "spend", "currency"])
        for one in people:
            for day, items, amount in one.visits:
                writer.writerow(
                    [
                        one.number,
                        day.isoformat(),
                        items,
                        f"{amount / 10**place.decimals:.{place.decimals}f}",
                        place.currency,
                    ]
                )
