"""Sheets, scripts and the mark, which are the same for everybody: under an address that changes with them, so that a browser asks for
each once, and packed on the way. Pages are not packed: what somebody else had put into one could be told apart from what is secret
in it by the length alone (BREACH)."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from hub.errors import NotFound
from portal.guard import STATIC

FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class StaticFile:
    media: str
    raw: bytes

    @cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.raw, mtime=0)


MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES: Mapping[str, StaticFile] = {
    path.name: StaticFile(MEDIA[path.suffix], path.read_bytes())
    for path in sorted(Path(__file__).with_name("static").iterdir())
}
VERSION = sha256(b"".join(name.encode() + file.raw for name, file in FILES.items())).hexdigest()[:12]


def serve_static(portal: Blueprint) -> None:
    portal.add_url_rule("/static/<version>/<filename>", STATIC.rpartition(".")[2], _answer)
    portal.url_defaults(_newest)


def _newest(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == STATIC:
        values.setdefault("version", VERSION)


def _answer(version: str, filename: str) -> Response:
    """By another version's address, too, as a page may come from a process that is newer or older than this one; not to be kept then.
    Raises NotFound."""
    file = FILES.get(filename)
    if file is None:
        raise NotFound("There is no such page.")
    packs = request.accept_encodings["gzip"] > 0
    response = Response(file.packed if packs else file.raw, mimetype=file.media)
    response.vary.add("Accept-Encoding")
    if packs:
        response.content_encoding = "gzip"
    response.headers["Cache-Control"] = FOREVER if version == VERSION else "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
