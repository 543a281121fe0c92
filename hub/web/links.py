"""Where an answer of the API leads: OpenAPI's links, by which readers and tools follow one call with the next."""

from typing import Any
from urllib.parse import quote

FLEET, ENDPOINT = "$request.path.fleet", "$response.body#/endpoint"


def leads_to(status: int, *links: tuple[str, str, dict[str, str]]) -> dict[str, Any]:
    """For `Blueprint.doc`. links: (method, path below /api/v1, parameters of that path by where they are in this call)."""
    return {
        "responses": {
            str(status): {"links": {_name(method, path): _link(method, path, given) for method, path, given in links}}
        }
    }


def _name(method: str, path: str) -> str:
    """`PatchWebhooksEndpoints`, as names are in OpenAPI."""
    parts = [part for part in path.replace("-", "/").split("/") if part and not part.startswith("{")]
    return "".join(part.capitalize() for part in (method, *parts))


def _link(method: str, path: str, given: dict[str, str]) -> dict[str, Any]:
    place = quote(f"/api/v1{path}".replace("~", "~0").replace("/", "~1"), safe="~")
    return {"operationRef": f"#/paths/{place}/{method}", "parameters": given}
