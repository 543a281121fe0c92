"""A new connector as a distribution of its own: code that works, its sandbox, a recorded webhook, a test and a README."""

import base64
import json
import keyword
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.errors import WrongInput
from hub.sdk.contracts import Kind
from hub.sdk.signing import sign

Auth = Literal["bearer", "header"]
Paging = Literal["time", "id", "none"]
TEMPLATES = Path(__file__).parent / "templates" / "connector"
WORD = re.compile(r"[a-z][a-z0-9_]{1,39}")
KINDS: dict[Kind, str] = {
    "crm": "crm_sync",
    "loyalty": "loyalty",
    "fleet": "fleet_service",
    "channel": "service_notice",
    "shop": "service_desk",
}  # kind -> the purpose its pushes are asked under
RECORDED = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """auth: how the partner is shown our key: as a bearer token, or in X-Api-Key. paging: how its changes are read: by time of
    change, by id, or not at all."""

    name: str
    kind: Kind = "crm"
    auth: Auth = "bearer"
    paging: Paging = "time"

    def __post_init__(self) -> None:
        if not WORD.fullmatch(self.name) or keyword.iskeyword(self.name):
            raise WrongInput(
                f"“{self.name}” is no name of a connector.", "Two to forty of a-z, 0-9 and _, a letter first."
            )


def scaffold(folder: Path, wanted: Wanted) -> list[Path]:
    """Writes folder/hub-NAME and answers its files. Raises WrongInput when something is there already."""
    project = f"hub-{wanted.name.replace('_', '-')}"
    root, package = folder / project, f"hub_{wanted.name}"
    if root.exists():
        raise WrongInput(f"{root} is there already.", "Move it away, or choose another name.")
    words = {
        "name": wanted.name, "kind": wanted.kind, "auth": wanted.auth, "paging": wanted.paging, "project": project,
        "package": package, "cls": "".join(part.capitalize() for part in wanted.name.split("_")),
        "title": wanted.name.replace("_", " ").capitalize(), "purpose": KINDS[wanted.kind], "secret": _secret(wanted.name),
        "hook": "register_channels" if wanted.kind == "channel" else "register_connectors",
    }  # fmt: skip
    files = {
        "pyproject.toml": "pyproject.toml.jinja",
        "README.md": "README.md.jinja",
        f"{package}/__init__.py": "__init__.py.jinja",
        f"{package}/words.py": "words.py.jinja",
        f"{package}/sandbox.py": "sandbox.py.jinja",
        f"tests/test_{wanted.name}.py": "test_connector.py.jinja",
    }
    pages = Environment(  # noqa: S701 - it writes Python, not HTML
        loader=FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    texts = {path: pages.get_template(name).render(words) for path, name in files.items()}
    texts |= {f"{package}/py.typed": "", f"{package}/payloads/changed.json": _recorded(wanted.name, words["secret"])}
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return [root / path for path in texts]


def _secret(name: str) -> str:
    """Of the sandbox: made up, and the same each time, so that the recorded webhook stays signed."""
    return "whsec_" + base64.b64encode(f"the sandbox secret of {name}".encode().ljust(32, b".")).decode()


def _recorded(name: str, secret: str) -> str:
    """A first webhook, until the partner's own ones take its place."""
    person = {"id": "p000000001", "name": "Zoë Sandbox", "email": "zoe@example.org", "updated_at": RECORDED.isoformat()}
    body = json.dumps({"type": "person.changed", **person}, ensure_ascii=False)
    headers = {"content-type": "application/json", **sign(secret, "msg_1", RECORDED, body.encode())}
    found = {
        "method": "POST", "url": f"https://hub.example.org/webhooks/{name}", "headers": headers, "body": body,
        "received_at": (RECORDED + timedelta(seconds=2)).isoformat(), "records": ["CustomerRecord"],
    }  # fmt: skip
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
