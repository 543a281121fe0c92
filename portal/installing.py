"""The pages as an app on a phone: its manifest, icons in the chain's colour, and what is shown when the line is lost."""

import json

from flask import Blueprint, Response, jsonify, url_for

from hub.errors import NotFound
from portal.drawn import icon_png
from portal.guard import opens_to
from portal.pages import page, this_portal, tongue
from portal.static_files import FILES

bp = Blueprint("installing", __name__)
SIZES = (180, 192, 512)  # pixels; 180 is what iPhones take
GROUND = "#f8f7f4"


@bp.get("/manifest.webmanifest")
@opens_to()
def manifest() -> Response:
    """W3C Web Application Manifest."""
    chain, words = this_portal().chain, tongue()
    icons = [
        {
            "src": url_for("portal.installing.icon", size=size),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in SIZES[1:]
        for purpose in ("any", "maskable")
    ]
    told = {
        "id": "/my/", "name": chain.title, "short_name": chain.title[:12], "start_url": "/my/", "scope": "/",
        "display": "standalone", "lang": words.tag, "dir": words.direction, "background_color": GROUND,
        "theme_color": GROUND, "icons": icons,
    }  # fmt: skip
    response = jsonify(told)
    response.mimetype = "application/manifest+json"
    return response


@bp.get("/icon-<int:size>.png")
@opens_to()
def icon(size: int) -> Response:
    if size not in SIZES:
        raise NotFound("There is no such page.")
    chain = this_portal().chain
    return Response(icon_png(size, chain.hue, chain.chroma), mimetype="image/png")


@bp.get("/worker.js")
@opens_to()
def worker() -> Response:
    """At the root, as it may serve only what lies below it; another one for each version of what it keeps."""
    start = url_for("portal.static", filename="")
    return Response(
        f"const STATIC = {json.dumps(start)};\n{FILES['worker.js'].raw.decode()}", mimetype="text/javascript"
    )


@bp.get("/offline")
@opens_to()
def offline() -> Response:
    """The same for everybody, as the browser keeps it."""
    return page("offline.html")
