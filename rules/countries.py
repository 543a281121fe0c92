"""Countries as ISO 3166 has them, and which one was meant by another word: codes and names from the table of the time zones (tzdata),
other systems' codes (UK, DEU) from the CLDR (babel)."""

import difflib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

PART = r"-[A-Z0-9]{1,3}"
HOW = "Write two capitals as ISO 3166 has them: DE, NO."


@cache
def countries() -> Mapping[str, str]:
    """Code -> English name."""
    table = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {code: name for code, name in rows}


def is_country(code: object) -> bool:
    return code in countries() if isinstance(code, str) else False


def is_jurisdiction(code: object) -> bool:
    """A country, or a part of one as ISO 3166-2 writes it: US-CA. Which parts a country has is not looked up."""
    return isinstance(code, str) and re.fullmatch(jurisdictions(), code) is not None


@cache
def jurisdictions() -> str:
    """A pattern of them all."""
    return f"({'|'.join(countries())})({PART})?"


def country_meant(word: object) -> str:
    """A hint at the country that was meant, or at how one is written."""
    code = _nearest(str(word).strip())
    return f"Did you mean “{code}” ({countries()[code]})?" if code else HOW


def _nearest(word: str) -> str:
    from babel.core import get_global  # 20 ms that only a mistake costs

    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    for code in (word.upper(), *aliases.get(word.upper(), ())):
        if is_country(code):
            return str(code)
    names = {name.casefold(): code for code, name in countries().items()}
    close = difflib.get_close_matches(word.casefold(), names, 1, 0.75) if len(word) > 2 else ()
    return names[close[0]] if close else ""
