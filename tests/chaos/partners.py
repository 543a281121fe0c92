"""The partners of the chaos town as a process of their own: `partners.py FOLDER PORT ADDRESS`."""

import sys
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from hub.demo.sandboxes import make_app

PLUGINS = ("hubspot", "salesforce", "loyalty", "sms")


class Quiet(WSGIRequestHandler):
    """The books say what happened; a line per request would only hide the rest."""

    def log(self, type: str, message: str, *args: object) -> None:
        return


if __name__ == "__main__":
    app = make_app(PLUGINS, Path(sys.argv[1]), seed=1)
    make_server(sys.argv[3], int(sys.argv[2]), app, threaded=True, request_handler=Quiet).serve_forever()
