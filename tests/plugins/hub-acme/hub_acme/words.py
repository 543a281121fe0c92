"""Acme's words: what it tells of a person, and how that becomes our records."""

from collections.abc import Iterator
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from hub.sdk import CustomerKey, CustomerRecord, WrongInput


class Place(Schema):
    """What a reading needs to go on: who, and when they changed. It does not stop at somebody whose other words are wrong."""

    class Meta:
        unknown = EXCLUDE

    id = fields.String(required=True, validate=validate.Length(1, 100))
    updated_at = fields.AwareDateTime(required=True)


class Person(Place):
    ref = fields.String(allow_none=True, validate=validate.Length(1, 40))
    name = fields.String(allow_none=True, validate=validate.Length(1, 200))
    email = fields.Email(allow_none=True)
    phone = fields.String(allow_none=True, validate=validate.Length(3, 40))


def read(found: Any, schema: type[Schema] = Person) -> dict[str, Any]:
    """Raises WrongInput that names every field that is wrong."""
    try:
        person: dict[str, Any] = schema().load(found)
    except ValidationError as error:
        raise WrongInput(f"The person makes no sense: {error.messages}") from None
    return person


def records(person: dict[str, Any]) -> Iterator[CustomerRecord]:
    told = {name: person.get(name) for name in ("name", "email", "phone")}
    key = CustomerKey(partner_id=person["id"], ref=person.get("ref"))
    yield CustomerRecord(customer=key, at=person["updated_at"], **told)
