"""What the browser is told about every page: run nothing foreign, keep nothing, show it nowhere else. One page alone may be shown
on other sites, on those that hub.yaml names."""

import secrets

from flask import Response, g, request

from hub.web.webhooks import this_hub

WIDGET, WIDGET_SCRIPT = "portal.widget", "portal.widget.script"
SENSORS = ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb")
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # stricter would take the Origin off our own forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in SENSORS),
}


def nonce() -> str:
    """This answer's own; a script without it does not run."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            f"script-src 'nonce-{nonce()}'",
            "img-src 'self'",
            "media-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {_framed_by()}",
        )
    )


def _framed_by() -> str:
    """All frames around a page are asked, so that a site that is named cannot lend the page to another."""
    return " ".join(this_hub().here.widget_origins if request.blueprint == WIDGET else ()) or "'none'"


def harden(response: Response) -> Response:
    response.headers.update(FIXED)
    response.headers["Content-Security-Policy"] = policy()
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if request.endpoint == WIDGET_SCRIPT:
        response.headers.update(
            {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=3600"}
        )
    elif request.endpoint != "portal.static":
        response.headers["Cache-Control"] = "no-store"
    return response
