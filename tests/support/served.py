"""A sandbox on a real socket of loopback, and a client of ours that talks to it."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from hub.sdk import PartnerClient
from proving import TOKEN


class _Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address of the app while it is served."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def calling(app: Any) -> Iterator[PartnerClient]:
    with served(app) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with closing(PartnerClient(url, headers=headers, timeout=(2.0, 5.0), allow_loopback=True)) as client:
            yield client
