"""A web process of one region, for chats under fire: python chatting.py FOLDER PORT. Without Valkey, as if it were lost."""

import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from sqlalchemy import select  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

from desks import build  # noqa: E402
from hub.app import create_app  # noqa: E402
from hub.core import Partner  # noqa: E402
from hub.models import Connection  # noqa: E402
from hub.own import OWN  # noqa: E402
from hub.settings import ConnectionSettings  # noqa: E402


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Requests are nobody's business here."""


def main(folder: Path, port: int) -> None:
    hub = build(folder, lambda: datetime.now(UTC))
    with hub.look() as session:
        row = session.scalars(select(Connection).where(Connection.name == OWN)).one()
    own = Partner(row.id, ConnectionSettings(OWN, OWN, "eu"), SimpleNamespace(topics=(), kind="shop"))  # type: ignore[arg-type]
    hub.partners[OWN] = own  # type: ignore[index]
    app = create_app(hub)
    app.extensions["portal"] = replace(app.extensions["portal"], lines=threading.BoundedSemaphore(9999))
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
