"""A `hub` for scripts that call it dozens of times: one process has everything imported, and each call is a fork of it.

`python warm.py SOCKET` serves, and says so in a line; `lay` lays programs into a folder that ask it. Folder, environment,
streams and exit code are the caller's own."""

import json
import os
import signal
import socket
import stat
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

ASKING = """#!{python} -IS
import json, os, socket, sys
ask = socket.socket(socket.AF_UNIX)
ask.connect({path!r})
words = json.dumps([[os.path.basename(sys.argv[0]), *sys.argv[1:]], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(ask, [len(words).to_bytes(4, "big")], [0, 1, 2])
ask.sendall(words)
sys.exit(int(ask.recv(8) or b"70"))
"""


def lay(folder: Path, path: Path) -> None:
    for name in ("hub", "garage", "mkdocs"):
        asking = folder / name
        asking.write_text(ASKING.format(python=sys.executable, path=str(path)))
        asking.chmod(asking.stat().st_mode | stat.S_IXUSR)


def serve(path: str) -> None:
    from hub.cli import COMMANDS
    from hub.cli.checking import problems_of

    for module in {*COMMANDS.values(), "hub.app", "compliance.commands"}:
        import_module(module)
    problems_of(Path(__file__).parents[2] / "config")  # what is imported late is imported once
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    door = socket.socket(socket.AF_UNIX)
    door.bind(path)
    door.listen(8)
    print("ready", flush=True)
    while True:
        asked, _ = door.accept()
        if os.fork() == 0:
            door.close()
            _answer(asked)
        asked.close()


def _answer(asked: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams, _, _ = socket.recv_fds(asked, 4, 3)
    text = b""
    while len(text) < int.from_bytes(size, "big"):
        text += asked.recv(65536)
    words, folder, environ = json.loads(text)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = words
    code: object = 0
    try:
        _program(words[0])()
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    asked.sendall(str(code or 0).encode())
    os._exit(0)


def _program(name: str) -> Callable[[], object]:
    if name == "mkdocs":
        from mkdocs.__main__ import cli

        return cli
    from hub.cli import main

    return main


if __name__ == "__main__":
    serve(sys.argv[1])
