"""A stable random place in [0, 1) per customer and experiment, the same on every machine and database."""

import hashlib
from math import ceil

DIGITS = 13  # of hexadecimal: 52 bits, which a float holds exactly
PLACES: int = 16**DIGITS


def place(of: str, ref: str) -> int:
    """Of PLACES: the first bits of SHA-256 over the salt and the ref. A new experiment draws everybody anew."""
    return int(hashlib.sha256(f"{of}/{ref}".encode()).hexdigest()[:DIGITS], 16)


def first_place(share: float) -> int:
    """The first place that is not below this share; exact, as PLACES is a power of two."""
    return ceil(share * PLACES)
