"""Money and shares as a language writes them, for pages and papers alike."""

from decimal import Decimal

from babel import Locale, numbers


def money(locale: Locale, minor: int, currency: str) -> str:
    """minor: of a currency with its own number of decimals (three in Kuwait)."""
    return numbers.format_currency(_major(minor, currency), currency, locale=locale)


def coarse(locale: Locale, minor: int, currency: str) -> str:
    """Money that is an estimate: whole units, as no more of it is known."""
    pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
    amount = _major(minor, currency).to_integral_value()
    return numbers.format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


def percent(locale: Locale, part: float) -> str:
    """With one decimal: 31.4 %."""
    pattern = locale.percent_formats[None].pattern.replace("#,##0", "#,##0.0")
    return numbers.format_percent(part, pattern, locale=locale)


def p_value(locale: Locale, p: float) -> str:
    if p < 0.001:
        return f"< {numbers.format_decimal(0.001, locale=locale)}"
    return numbers.format_decimal(round(p, 3), locale=locale)


def _major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-numbers.get_currency_precision(currency))
