"""The web application of one region: webhooks, API, and what plugins bring."""

from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, jsonify
from flask_smorest import Api, Blueprint
from sqlalchemy import text
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.core import Hub
from hub.flow.knocking import Knocking
from hub.web import api, costs, documents, endpoints, errors, fleets, levels, returns, shop, watching, webhooks
from hub.web.intake import SealingRequest
from hub.web.webhooks import this_hub

STREAMS = 6  # at once in a process of the web; each holds one of its threads


def create_app(hub: Hub, streams: int = STREAMS, lines: int = 0) -> Flask:
    """streams: how many may be open in this process at once, each with a thread. lines: how many beside them that hold none."""
    app = Flask("hub", static_folder=None)
    app.extensions["hub"] = hub
    app.extensions["knocking"] = Knocking()
    if proxies := hub.settings.count("HUB_PROXIES", 0):  # so many of ours stand before it: whom they name is believed
        named = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0)
        app.wsgi_app = _as_the_world_asks(app, named)  # type: ignore[assignment]
    app.request_class = SealingRequest
    app.config.update(MAX_CONTENT_LENGTH=16_000_000, STREAMS=streams, LINES=lines)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(webhooks.bp)
    app.register_blueprint(watching.bp)
    doors = add_doors(app)
    errors.register(app)  # after the API, which brings handlers of its own: one shape for all errors
    for blueprints in hub.plugins.hook.register_blueprints(hub=hub):
        for blueprint in blueprints:
            (doors if isinstance(blueprint, Blueprint) else app).register_blueprint(
                blueprint
            )  # the API tells of its doors
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="alive"))
    app.add_url_rule("/readyz", "readyz", _ready)
    return app


def _as_the_world_asks(app: Flask, inner: WSGIApplication) -> WSGIApplication:
    """What a proxy hands on is plain, and not every proxy says what it was asked by. The region's `public` does: where that is by https,
    each cookie is for https alone."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if app.extensions["hub"].here.origin.startswith("https://"):
            environ["wsgi.url_scheme"] = "https"
        return inner(environ, start_response)

    return answer


def add_doors(app: Flask) -> Api:
    """The core's doors of the API; they need no hub until somebody knocks, so that the reference can be made of them."""
    app.config.update(API_TITLE="Garage Hub", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    doors = api.register(app)
    for blueprint in (fleets.bp, levels.bp, endpoints.bp, shop.bp, documents.bp, returns.bp, costs.bp):
        doors.register_blueprint(blueprint)
    return doors


def _ready() -> Response:
    """Ready when the database answers; Valkey is a bell and may be away."""
    hub = this_hub()
    with hub.look() as session:
        session.execute(text("SELECT 1"))
    response = jsonify(status="ready", region=hub.region_code)
    response.status_code = HTTPStatus.OK
    return response
