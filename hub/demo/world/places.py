"""The nine branches of the chain, how people of their regions are called, and where they live. All of it is made up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MON_SAT, SUN_THU = frozenset({0, 1, 2, 3, 4, 5}), frozenset({6, 0, 1, 2, 3})  # Monday is 0


@dataclass(frozen=True)
class Tongue:
    """Names and streets in one language, with their script. share: of the branch's people."""

    language: str
    script: str
    given: Sequence[str]
    family: Sequence[str]
    streets: Sequence[str]


@dataclass(frozen=True)
class Branch:
    """prices: minor units for what costs one euro at home. phones: prefix and digits of numbers nobody has.

    tongues: language -> share of people. tyre_season, heat: weeks matter there (months). inspect_every: years."""

    code: str
    name: str
    city: str
    country: str
    zone: str
    currency: str
    decimals: int
    prices: float
    phones: tuple[str, int]
    postcode: str
    tongues: Mapping[str, float]
    workdays: frozenset[int]
    tyre_months: tuple[int, ...]
    heat_months: tuple[int, ...]
    inspect_every: float
    plate: str
    raises_prices: bool = False


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TONGUES: Mapping[str, Tongue] = {
    "de": Tongue(
        "de",
        "Latn",
        words(
            "Anna Jürgen Zoë Emil Frieda Matteo Céline Björn Greta Łukasz "
            "Heike Torsten Ayşe Mehmet Katrin Uwe Lena Jonas Renate Dietmar"
        ),
        words(
            "Weiß Öztürk Novák Lindqvist Kranz Sørensen Bauer Schäfer Groß Yıldız "
            "Köhler Böhm Krüger Vogel Hübner Maurer Pfeiffer Lang Brandt Stöckl"
        ),
        ("Musterstraße", "Beispielweg", "Am Erfundenen Teich", "Traumgasse", "Phantasieallee", "Nirgendsplatz"),
    ),
    "en": Tongue(
        "en",
        "Latn",
        words(
            "Emma Jack Chloe Oliver Priya Arjun Mei-Ling Haruto Aiko Nurul "
            "Daniel Grace Wei Farah Ravi Sofia Liam Hana Kevin Siti"
        ),
        words(
            "Tan Lim Nair Wilson Sato Rahman Kim Nguyen Moreau Rossi "
            "Walker Pillai Wong Abdullah Fernando Hughes Chua Iyer Murphy Lee"
        ),
        ("Example Road", "Sample Lane", "Nowhere Street", "Make-Believe Avenue", "Fable Close", "Imaginary Drive"),
    ),
    "ar": Tongue(
        "ar",
        "Arab",
        words("فاطمة أحمد نورة خالد مريم يوسف ليلى سالم هند عمر عائشة سلطان ريم حمد شيخة طارق منى راشد دانة بدر"),
        words(
            "المنصوري الحربي الكعبي السويدي العتيبي الشامسي القحطاني الهاشمي الدوسري المري "
            "الزعابي الغامدي الخليفي البلوشي الشهري"
        ),
        ("شارع المثال", "طريق الخيال", "شارع النموذج", "زقاق الحكاية", "شارع الأحلام"),
    ),
    "th": Tongue(
        "th",
        "Thai",
        words("สมชาย กานดา อนงค์ ปิติ มานี ชูใจ วีระ สุดา ประเสริฐ นภา ธนา รัตนา กิตติ พิมพ์ใจ อารี สมหญิง วิชัย ดวงใจ"),
        words("ศรีสุข วงศ์ไทย ใจดี รักเรียน ทองคำ แสงจันทร์ บุญมา สุขใจ พงษ์พันธุ์ จันทร์เพ็ญ มีทรัพย์ ดีงาม เจริญผล"),
        ("ถนนตัวอย่าง", "ซอยสมมุติ", "ถนนในฝัน", "ซอยนิทาน", "ถนนจินตนาการ"),
    ),
}

BRANCHES: Mapping[str, tuple[Branch, ...]] = {
    "eu": (
        Branch("berlin-spree", "Spreewerk Garage", "Berlin", "DE", "Europe/Berlin", "EUR", 2, 100, ("+493023125", 3),
               "00001", {"de": 0.86, "en": 0.14}, MON_SAT, (3, 4, 10, 11), (), 2, "B", True),
        Branch("muenchen-isar", "Isarwerk Garage", "München", "DE", "Europe/Berlin", "EUR", 2, 112, ("+498999998", 3),
               "00002", {"de": 0.88, "en": 0.12}, MON_SAT, (3, 4, 10, 11), (), 2, "M"),
        Branch("wien-donau", "Donauwerk Garage", "Wien", "AT", "Europe/Vienna", "EUR", 2, 103, ("+431555", 4),
               "0003", {"de": 0.90, "en": 0.10}, MON_SAT, (3, 4, 10, 11), (), 1, "W"),
    ),
    "gcc": (
        Branch("dubai-creek", "Creekside Garage", "دبي", "AE", "Asia/Dubai", "AED", 2, 380, ("+9714555", 4),
               "00000", {"ar": 0.55, "en": 0.45}, MON_SAT, (), (3, 4, 5), 1, "D"),
        Branch("riyadh-palm", "Palm Court Garage", "الرياض", "SA", "Asia/Riyadh", "SAR", 2, 340, ("+96611555", 4),
               "00000", {"ar": 0.82, "en": 0.18}, SUN_THU, (), (3, 4, 5), 1, "R", True),
        Branch("doha-pearl", "Seashell Garage", "الدوحة", "QA", "Asia/Qatar", "QAR", 2, 390, ("+9744555", 4),
               "00000", {"ar": 0.64, "en": 0.36}, SUN_THU, (), (3, 4, 5), 1, "Q"),
    ),
    "apac": (
        Branch("singapore-orchid", "Orchid Lane Garage", "Singapore", "SG", "Asia/Singapore", "SGD", 2, 165,
               ("+65600000", 2), "000000", {"en": 1.0}, MON_SAT, (), (), 1, "S", True),
        Branch("bangkok-lotus", "Lotus Pond Garage", "กรุงเทพมหานคร", "TH", "Asia/Bangkok", "THB", 2, 2300,
               ("+662555", 4), "00000", {"th": 0.88, "en": 0.12}, MON_SAT, (), (2, 3, 4), 1, "K"),
        Branch("kuala-lumpur-fern", "Fern Hill Garage", "Kuala Lumpur", "MY", "Asia/Kuala_Lumpur", "MYR", 2, 300,
               ("+603555", 5), "00000", {"en": 1.0}, MON_SAT, (), (), 1, "L"),
    ),
}  # fmt: skip

# makes by how often they are met, per region; the models come from the reference file
MAKES: Mapping[str, Mapping[str, float]] = {
    "eu": {"Volkswagen": 24, "BMW": 12, "Mercedes-Benz": 12, "Audi": 10, "Ford": 9, "Toyota": 6, "MINI": 4, "Hyundai": 6,
           "Kia": 5, "Mazda": 4, "Volvo": 4, "Nissan": 3, "Fiat": 3, "Honda": 3, "smart": 2},
    "gcc": {"Toyota": 30, "Nissan": 18, "Lexus": 9, "Hyundai": 9, "Kia": 6, "Ford": 6, "Chevrolet": 5, "GMC": 5,
            "Mercedes-Benz": 5, "BMW": 4, "Land Rover": 4, "Mitsubishi": 4, "Honda": 4, "Jeep": 3},
    "apac": {"Toyota": 30, "Honda": 18, "Mazda": 9, "Nissan": 9, "Mitsubishi": 9, "Hyundai": 6, "Kia": 5, "Suzuki": 4,
             "Mercedes-Benz": 5, "BMW": 5, "Subaru": 3, "Volkswagen": 2},
}  # fmt: skip

# petrol, diesel, hybrid, electric
FUELS: Mapping[str, Sequence[float]] = {
    "eu": (0.56, 0.30, 0.08, 0.06), "gcc": (0.90, 0.03, 0.06, 0.01), "apac": (0.66, 0.13, 0.16, 0.05),
}  # fmt: skip
KM_A_YEAR: Mapping[str, float] = {"eu": 12_500, "gcc": 21_000, "apac": 15_500}


def branches_of(region: str) -> tuple[Branch, ...]:
    """Raises KeyError for a region the chain is not in."""
    return BRANCHES[region]
