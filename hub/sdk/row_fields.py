"""Fields of rows that strangers send: what they hold fits both databases, and a refusal never repeats the value."""

import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

MOST_MINOR = 10**13  # no line of a garage costs more, and sums stay far below 2**63
MOST_KM = 5_000_000
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
FORM = "Letters, digits and _ . : - only, a letter or digit first."
FIRST, LAST = datetime(1950, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# ISO 4217, active codes of money that is paid with
CURRENCIES = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU
    UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG""".split()  # noqa: SIM905 - a list of 150 quoted words is not read
)


class Text(fields.String):
    """No zero bytes (PostgreSQL cannot hold them) and no halves of characters (UTF-8 cannot)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        found: str = super()._deserialize(value, attr, data, **kwargs)
        if not found.isprintable() and ("\0" in found or any("\ud800" <= one <= "\udfff" for one in found)):
            raise ValidationError("Holds a zero byte or half a character.")
        return found


class Whole(fields.Integer):
    """A whole JSON number; true is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is not int:
            raise ValidationError("Is no whole number.")
        return super()._deserialize(value, attr, data, **kwargs)


class Moment(fields.AwareDateTime):
    """ISO 8601 with a zone, in a year that a garage can have seen; becomes UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            utc = super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:
            utc = LAST
        if not FIRST <= utc < LAST:
            raise ValidationError("Is no year a garage can have seen.")
        return utc


class Currency(Text):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        found = super()._deserialize(value, attr, data, **kwargs)
        if found not in CURRENCIES:
            raise ValidationError("Is no currency of ISO 4217.")
        return found


def text(most: int, least: int = 1, **more: Any) -> Text:
    return Text(validate=validate.Length(least, most), **more)


def word(most: int = 40, **more: Any) -> Text:
    return Text(validate=[validate.Length(1, most), _is_code], **more)


def one_of(*words: str, **more: Any) -> Text:
    return Text(validate=validate.OneOf(words), **more)


def country(**more: Any) -> Text:
    """ISO 3166 alpha-2."""
    return Text(validate=_is_country, **more)


def flag(default: bool) -> fields.Boolean:
    return fields.Boolean(truthy={True}, falsy={False}, load_default=default)


def whole(least: int, most: int, **more: Any) -> Whole:
    return Whole(strict=True, validate=validate.Range(least, most), **more)


def money(least: int = -MOST_MINOR, **more: Any) -> Whole:
    """Minor units by ISO 4217: 12.90 EUR is 1290, 12.900 KWD is 12900."""
    return whole(least, MOST_MINOR, **more)


def _is_code(value: str) -> None:
    if not CODE.fullmatch(value):
        raise ValidationError(FORM)


def _is_country(value: str) -> None:
    if not (len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()):
        raise ValidationError("Is no country such as DE.")
