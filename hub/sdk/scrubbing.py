"""Takes people out of recorded answers: whatever is not known to be harmless becomes something else of the same shape."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

# Names whose values say nothing about a person; a partner's own are added by `keep`.
HARMLESS = frozenset(
    ["archived", "category", "code", "correlationid", "country", "currency", "done", "errorcode", "fieldtype", "groupname",
     "hs_language", "language", "moredataavailable", "status", "statuscode", "subcategory", "subscriptiontype", "total",
     "totalsize", "type"]
)  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
VERSION = re.compile(r"v?\d{1,4}(\.\d+)?")
EPOCHS = ((946_684_800, 4_102_444_800), (946_684_800_000, 4_102_444_800_000))  # 2000 to 2100, in seconds and in ms
TOKEN = re.compile(r"[^\s/&=,'\"()?;<>]+")
HOST = "https://partner.example"


class Scrubber:
    """The same value becomes the same other one for as long as this object lives, so that ids still lead to each other; the key
    is drawn anew each time, so nobody can try values out. keep: names whose values may stay."""

    def __init__(self, keep: Collection[str] = (), key: bytes | None = None) -> None:
        self.keep = HARMLESS | {name.casefold() for name in keep}
        self.key = key or secrets.token_bytes(32)

    def value(self, found: Any, name: str = "") -> Any:
        """JSON without people. A moment stays, for readings go by it; a day does not, for it may be a birthday."""
        if isinstance(found, dict):
            return {key: self.value(value, key) for key, value in found.items()}
        if isinstance(found, list):
            return [self.value(one, name) for one in found]
        if found is None or isinstance(found, bool) or name.casefold() in self.keep:
            return found
        return self.text(found) if isinstance(found, str) else self._number(found)

    def text(self, found: str) -> str:
        if not found or MOMENT.fullmatch(found):
            return found
        if DAY.fullmatch(found):
            return (date(2000, 1, 1) + timedelta(days=self._dice(found)[0] * 14)).isoformat()
        if ADDRESS.fullmatch(found):
            return f"{self._shaped(found.partition('@')[0])}@example.org"
        return self._shaped(found)

    def url(self, found: str) -> str:
        """Another host; in paths and queries, what carries a digit or an address and is no version, limit or moment."""
        parts = urlsplit(found)
        path = "/".join(quote(self._token(one), safe="") for one in parts.path.split("/"))
        query = [
            (name, TOKEN.sub(lambda match: self._token(match[0]), value)) for name, value in parse_qsl(parts.query)
        ]
        return f"{HOST}{path}" + (f"?{urlencode(query)}" if query else "")

    def _token(self, found: str) -> str:
        plain = not any(sign.isdigit() or sign == "@" for sign in found)
        return found if plain or VERSION.fullmatch(found) or MOMENT.fullmatch(found) else self.text(found)

    def _number(self, found: int | float) -> int | float:
        """Small ones and moments stay; ids and places on a map do not."""
        if isinstance(found, int) and (abs(found) < 10_000 or any(low <= found < high for low, high in EPOCHS)):
            return found
        return type(found)(self._shaped(f"{found:.6f}" if isinstance(found, float) else str(found)))

    def _shaped(self, found: str) -> str:
        """Digits for digits, letters for letters, everything else as it was; never the value itself where it has room."""
        dice = self._dice(found)
        return "".join(_turned(sign, dice[place % len(dice)] + place) for place, sign in enumerate(found))

    def _dice(self, found: str) -> bytes:
        return hmac.digest(self.key, found.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _turned(sign: str, by: int) -> str:
    """Turned by at least one place, so that no sign stays; a first digit is no zero."""
    if sign.isdecimal():
        return str(1 + (int(sign) + by % 8) % 9)
    if sign.isalpha():
        first = ord("a" if sign.islower() else "A")
        return chr(first + ((ord(sign) - first) % 26 + 1 + by % 25) % 26)
    return sign
