"""Sheets and scripts: packed, and kept for as long as they are the newest."""

import gzip
import re

from flask import Flask
from werkzeug.test import TestResponse

from desks import Visitor
from portal.static_files import FILES, VERSION


def asked(app: Flask, name: str = "garage.css", version: str = VERSION, **headers: str) -> TestResponse:
    return Visitor(app).get(f"/static/{version}/{name}", **headers)


def test_a_page_names_the_files_of_this_version(app: Flask) -> None:
    named = re.findall(r'"/static/([^/"]+)/([^"]+)"', Visitor(app).get("/sign-in").text)

    assert {version for version, _ in named} == {VERSION}
    assert {"garage.css", "passkeys.js"} <= {name for _, name in named} <= set(FILES)


def test_a_file_is_packed_for_whoever_can_unpack_it(app: Flask) -> None:
    plain = asked(app)
    packed = asked(app, **{"Accept-Encoding": "gzip, deflate, br"})

    assert (plain.headers.get("Content-Encoding"), packed.headers.get("Content-Encoding")) == (None, "gzip")
    assert gzip.decompress(packed.data) == plain.data == FILES["garage.css"].raw
    assert len(packed.data) < len(plain.data) / 2
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"], "not the same bytes"
    assert "Content-Encoding" not in asked(app, **{"Accept-Encoding": "gzip;q=0"}).headers


def test_a_page_is_never_packed(app: Flask) -> None:
    assert "Content-Encoding" not in Visitor(app).get("/sign-in", **{"Accept-Encoding": "gzip"}).headers


def test_the_newest_is_kept_and_any_other_is_asked_for_again(app: Flask) -> None:
    newest, other = asked(app), asked(app, version="0")

    assert newest.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (other.status_code, other.headers["Cache-Control"]) == (200, "no-cache")
    again = asked(app, version="0", **{"If-None-Match": other.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_no_file_is_not_found(app: Flask) -> None:
    assert asked(app, "nothing.css").status_code == 404
    assert asked(app, "..%2Fpages.py").status_code == 404


def test_media_types_are_right(app: Flask) -> None:
    found = {name: asked(app, name).mimetype for name in ("garage.css", "app.js", "hub.svg")}

    assert found == {"garage.css": "text/css", "app.js": "text/javascript", "hub.svg": "image/svg+xml"}


def test_a_customers_sheet_is_light() -> None:
    assert len(FILES["garage.css"].raw) <= 20_000, "all that a customer's page needs to look well"


def test_a_worker_keeps_the_files_of_its_version(app: Flask) -> None:
    first = Visitor(app).get("/worker.js").text.splitlines()[0]

    assert first == f'const STATIC = "/static/{VERSION}/";'
    assert FILES["worker.js"].raw.decode() in Visitor(app).get("/worker.js").text
