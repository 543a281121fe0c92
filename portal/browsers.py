"""The browser that asks: a secret of its own, by which it is known again, and what it calls itself."""

import secrets

from flask import Response, g, request

from hub.access import Device, hash_secret
from hub.access.devices import label_of
from hub.access.passkeys import Site
from portal import guard
from portal.pages import this_portal

LASTS = 31_536_000


def secret() -> str:
    """Empty for a browser that holds none yet, or no good one."""
    found = guard.cookie("browser")
    return found if len(found) == 43 else ""


def mine() -> str:
    """The browser's secret, or one that `give` hands to it with this answer."""
    if "browser" not in g:
        g.browser = secret() or secrets.token_urlsafe(32)
    return str(g.browser)


def give(response: Response) -> None:
    guard.give_cookie(response, "browser", mine(), LASTS)


def device() -> Device:
    return Device(label_of(request.headers.get("User-Agent", "")), hash_secret(mine()))


def site() -> Site:
    """What passkeys are bound to: the host by which this page was called. The browser itself says on which page it signed,
    so a page under another name than ours gets nothing that opens anything here."""
    host = request.host.rpartition(":")[0] if ":" in request.host else request.host
    return Site(host, request.host_url.rstrip("/"), this_portal().chain.title)
