"""A schema's quick reading: most rows are plainly right, and for those the schema's own walk is ten times the work.

It answers what the schema would, or None for anything it is not sure of: then the schema is asked, and says what is wrong."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing, validate

from hub.sdk.row_fields import CURRENCIES, FIRST, LAST, Currency, Moment, Text, Whole

Reader = Callable[[Any], Any]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Unsure(Exception):
    """Not plainly right."""


def quick_reader(schema: Schema) -> Callable[[Any], dict[str, Any] | None]:
    """schema: fields under their own names, and at most one check of the whole, called `fits`."""
    read = _of_schema(schema)

    def quick(row: Any) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = read(row)
            return found
        except (Unsure, ValidationError, ValueError, OverflowError, TypeError):
            return None

    return quick


def _of_schema(schema: Schema) -> Reader:
    readers = [
        (name, _of_field(field), field.required, field.load_default) for name, field in schema.load_fields.items()
    ]
    fits = getattr(schema, "fits", None)

    def read(row: Any) -> dict[str, Any]:
        if type(row) is not dict:
            raise Unsure
        found, told = {}, 0
        for name, reader, required, default in readers:
            if name in row:
                found[name] = reader(row[name])
                told += 1
            elif required:
                raise Unsure
            elif default is not missing:
                found[name] = default() if callable(default) else default
        if told != len(row):
            raise Unsure
        if fits is not None:
            fits(found)
        return found

    return read


def _of_field(field: fields.Field[Any]) -> Reader:
    """By exact type: a field this file does not know reads by itself."""
    kind = KINDS.get(type(field))
    if type(field) is fields.Nested and not field.many:
        return _checked(_of_schema(field.schema), field.validators)
    if kind is None:
        return field.deserialize
    if isinstance(field, fields.List):
        return _checked(kind(field), field.validators)
    return _checked(kind, field.validators)


def _checked(read: Reader, checks: list[Any]) -> Reader:
    bounds = [one for one in checks if type(one) is validate.Length and one.equal is None]
    ranges = [one for one in checks if type(one) is validate.Range and one.min_inclusive and one.max_inclusive]
    others = [one for one in checks if one not in bounds and one not in ranges]
    least = max((one.min or 0 for one in bounds), default=0)
    most = min((one.max for one in bounds if one.max is not None), default=math.inf)
    low = max((one.min for one in ranges if one.min is not None), default=-math.inf)
    high = min((one.max for one in ranges if one.max is not None), default=math.inf)

    def bounded(value: Any) -> Any:
        found = read(value)
        if not least <= len(found) <= most:
            raise Unsure
        return found

    def checked(value: Any) -> Any:
        found = read(value)
        if bounds and not least <= len(found) <= most:
            raise Unsure
        if ranges and not low <= found <= high:
            raise Unsure
        for check in others:
            check(found)
        return found

    if not checks:
        return read
    return bounded if bounds and not ranges and not others else checked


def _text(value: Any) -> str:
    if type(value) is not str or not value.isprintable():
        raise Unsure
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise Unsure
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise Unsure
    return float(value)


def _flag(value: Any) -> bool:
    if value is not True and value is not False:
        raise Unsure
    return bool(value)


def _moment(value: Any) -> datetime:
    if type(value) is not str or not MOMENT.fullmatch(value):
        raise Unsure
    found = datetime.fromisoformat(value).astimezone(UTC)
    if not FIRST <= found < LAST:
        raise Unsure
    return found


def _aware(value: Any) -> datetime:
    """In the zone it names, as marshmallow answers it."""
    if type(value) is not str or not MOMENT.fullmatch(value):
        raise Unsure
    return datetime.fromisoformat(value)


def _day(value: Any) -> date:
    if type(value) is not str or not DAY.fullmatch(value):
        raise Unsure
    return date.fromisoformat(value)


def _list(field: Any) -> Reader:
    each = _of_schema(field.inner.schema) if type(field.inner) is fields.Nested else _of_field(field.inner)

    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Unsure
        return [each(one) for one in value]

    return read


def _currency(value: Any) -> str:
    if value not in CURRENCIES:
        raise Unsure
    return str(value)


KINDS: Mapping[type, Any] = {
    Text: _text,
    Whole: _whole,
    Moment: _moment,
    Currency: _currency,
    fields.String: _text,
    fields.Integer: _whole,
    fields.AwareDateTime: _aware,
    fields.Float: _number,
    fields.Boolean: _flag,
    fields.Date: _day,
    fields.List: _list,
}
