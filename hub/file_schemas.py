"""JSON Schemas of the hub's own files that stand alone: hub.yaml with the meaning of each setting, services, rates, templates."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from hub import providers, rates, services, settings, stores, templates
from hub.blocks import SECRET
from rules.file_schemas import NAMES, by_name, document
from rules.schema_nodes import A_COUNTRY, DAY, FLAG, JURISDICTION, NAMED, TEXT, Schema, an_object

LOOSE: Schema = {"type": "object"}
SECRETS = by_name({"type": "string", "pattern": f"^{SECRET.pattern}$", "examples": ["${SHOP_EU_TOKEN}"]})
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
PRICE = by_name({"type": "number", "minimum": 0}, "^[A-Z]{3}$")
ABOVE_IDLE: Schema = {"type": "number", "exclusiveMinimum": settings.LEAST_IDLE}
WORDS: Schema = {"type": "string"}
ABOVE_ZERO: Schema = {"type": "number", "exclusiveMinimum": 0}


def hub_schema(plugins: Collection[str], connectors: Collection[str]) -> Schema:
    """plugins: installed ones; connectors: those that the active ones bring."""
    keys: Schema = {
        "plugins": {"type": "array", "uniqueItems": True, "items": {"enum": sorted(plugins)}},
        "regions": by_name(_region(), f"^{settings.CODE.pattern}$") | {"minProperties": 1},
        "connections": by_name(_connection(connectors), f"^{settings.NAME.pattern}$") | {"minProperties": 1},
        "timing": _told(settings.Timing, dict.fromkeys(settings.Timing.__annotations__, ABOVE_ZERO), []),
        "idle": _told(
            settings.Idle,
            dict.fromkeys(settings.Idle.__annotations__, ABOVE_IDLE),
            [],
        ),
        "offline": _told(settings.Offline, {"days": ABOVE_ZERO}, []),
    }
    return document("hub", an_object(settings.KEYS, keys, ["regions", "connections"]))


def _told(of: type, properties: Mapping[str, Schema], required: list[str]) -> Schema:
    """A block of hub.yaml: a property for each field, described by its meaning."""
    meanings: Mapping[str, Any] = {one.name: one.metadata["meaning"] for one in fields(of) if one.metadata}
    described = {name: {"description": meanings[name], **schema} for name, schema in properties.items()}
    return an_object(set(meanings), described, required)


def _region() -> Schema:
    text: Schema = {"type": "string"}
    return _told(
        settings.RegionSettings,
        {
            "cell": {"type": "integer", "minimum": 0, "maximum": 127},
            "zone": {**text, "examples": ["Europe/Berlin"]},
            "jurisdiction": JURISDICTION,
            "residences": {"type": "array", "items": A_COUNTRY},
            "host": text,
            "port": PORT,
            "workers": {"type": "integer", "minimum": 1, "maximum": 64},
            "streams": {**PORT, "minimum": 0},
            "public": {**text, "pattern": "^(https?://.*)?$"},
            "documents": _store(),
            "staff_sign_in": _provider(),
            "widget_origins": {
                "type": "array",
                "uniqueItems": True,
                "items": {
                    "type": "string",
                    "pattern": f"^({settings.ORIGIN.pattern})$",
                    "examples": ["https://www.garage.example"],
                },
            },
        },
        ["cell", "jurisdiction", "port"],
    )


def _store() -> Schema:
    return _told(
        stores.StoreSettings,
        {
            "url": {"type": "string", "pattern": "^s3://[^/]", "examples": ["s3://bucket/prefix"]},
            "location": TEXT,
            "endpoint": {"type": "string", "pattern": "^(https://.*)?$"},
            "secrets": {**SECRETS, "required": sorted(stores.SECRETS), "maxProperties": len(stores.SECRETS)},
        },
        ["url", "location"],
    )


def _provider() -> Schema:
    roles: Schema = {"type": "array", "minItems": 1, "items": {"enum": list(providers.STAFF_ROLES)}}
    here = {"propertyNames": {"enum": list(providers.STAFF_ROLES)}, "minProperties": 1}
    grants: Schema = {"anyOf": [roles, {"type": "object", "additionalProperties": NAMES, **here}]}
    return _told(
        providers.ProviderSettings,
        {
            "title": TEXT,
            "issuer": {"type": "string", "pattern": "^https?://"},
            "client_id": TEXT,
            "secrets": {**SECRETS, "required": ["client_secret"], "maxProperties": 1},
            "roles": {"type": "object", "minProperties": 1, "additionalProperties": grants},
            "claim": TEXT,
            "domains": NAMES,
            "allow_loopback": FLAG,
        },
        ["title", "issuer", "client_id", "secrets", "roles"],
    )


def _connection(connectors: Collection[str]) -> Schema:
    return _told(
        settings.ConnectionSettings,
        {
            "connector": {"enum": sorted(connectors)},
            "region": {"type": "string", "pattern": f"^{settings.CODE.pattern}$"},
            "url": {"type": "string", "pattern": "^https?://"},
            "jurisdiction": JURISDICTION,
            "hears": {"anyOf": [NAMES, by_name(NAMES)]},
            "secrets": SECRETS,
            "options": LOOSE,
        },
        ["connector", "region"],
    )


def services_schema() -> Schema:
    keys: Schema = {"codes": NAMES, "titles": by_name(TEXT), "offer": FLAG, "unless_fuel": NAMES}
    one = an_object(services.FIELDS, keys, [])
    return document("services", an_object({"services"}, {"services": by_name(one)}, ["services"]))


def rates_schema() -> Schema:
    task = an_object({"minutes", "hour"}, {"minutes": ABOVE_ZERO, "hour": PRICE}, ["minutes", "hour"])
    keys: Schema = {
        "effect_days": {"type": "integer", "minimum": 1, "maximum": rates.MOST_DAYS},
        "winsorise": {"type": "number", "minimum": rates.LEAST_WINSORISE, "maximum": 1},
        "held_back": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "messages": by_name(PRICE),
        "tasks": by_name(task),
    }
    return document("rates", an_object(set(rates.FIELDS), keys, []))


def template_schema() -> Schema:
    mail = an_object(set(templates.PARTS), dict.fromkeys(templates.PARTS, WORDS), ["subject", "text"])
    keys: Schema = {
        "template": NAMED,
        "texts": by_name({"type": "string"}),
        "mails": by_name(mail),
        "samples": {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": ["string", "number", "boolean"]}, DAY]},
        },
    }
    some: Schema = {"anyOf": [{"required": ["texts"]}, {"required": ["mails"]}]}
    return document("template", an_object(templates.KEYS, keys, ["template"], **some))
