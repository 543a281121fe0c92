"""The doors of the API, from the same schemas that check what comes in."""

from typing import Any

from flask import Flask
from tables import code, plain, table

import compliance.doors
from hub.app import add_doors


def api() -> str:
    document = _document()
    blocks = []
    for path, methods in sorted(document["paths"].items()):
        for method, told in methods.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                blocks.append(_told(f"{method.upper()} {path}", told))
    return (
        "# API\n\nOpenAPI of a running region: `/api/v1/openapi.json`. A token goes as `Authorization: Bearer ...`; "
        "`hub tokens grant` makes one. Calls that change something want an `Idempotency-Key`: the same key is answered the "
        "same for a day. What is refused is answered as a [problem](errors.md).\n\n" + "\n\n".join(blocks) + "\n"
    )


def _document() -> dict[str, Any]:
    doors = add_doors(Flask("reference"))
    doors.register_blueprint(compliance.doors.bp)
    return dict(doors.spec.to_dict())


def _told(door: str, told: dict[str, Any]) -> str:
    said = "\n\n".join(plain(told.get(name)) for name in ("summary", "description") if told.get(name))
    rows = [
        (code(one["name"]), one["in"], (one.get("required", False) and "yes") or "", _type(one.get("schema", {})))
        for one in told.get("parameters", [])
        if "name" in one
    ]
    answers = ", ".join(code(status) for status in sorted(map(str, told.get("responses", {}))) if status != "default")
    shown = table(("parameter", "in", "required", "type"), rows) if rows else ""
    return "\n\n".join(part for part in (f"## {door}", said, shown, answers and f"Answers: {answers}.") if part)


def _type(schema: dict[str, Any]) -> str:
    limits = [f"{name} {schema[name]}" for name in ("minimum", "maximum", "maxLength") if name in schema]
    words = ", ".join(map(str, schema.get("enum", [])))
    return " ".join(part for part in (str(schema.get("type", "")), words, ", ".join(limits)) if part)
