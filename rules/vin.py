"""Vehicle identification numbers: their form (ISO 3779), and the check digit that only North America demands (49 CFR 565)."""

import re
from operator import mul

FORM = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
FOLD = str.maketrans("", "", " -")
VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10), *range(10)), strict=True)
)
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
NORTH_AMERICA = frozenset("12345")


def fold_vin(text: str) -> str | None:
    """Capitals without spaces and dashes; None when it is no VIN: 17 signs, never I, O or Q."""
    vin = text.translate(FOLD).upper()
    return vin if FORM.fullmatch(vin) else None


def check_digit(vin: str) -> str:
    """What the ninth sign of a folded VIN has to be where check digits are in use."""
    rest = sum(map(mul, map(VALUES.__getitem__, vin), WEIGHTS)) % 11
    return "X" if rest == 10 else str(rest)


def must_check(vin: str) -> bool:
    """Vehicles of North America carry a check digit; elsewhere the ninth sign may be anything."""
    return vin[0] in NORTH_AMERICA
