"""A virus scanner of ours: it speaks as clamd does, and finds one thing."""

import socket
import struct
import threading

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Daemon:
    """Speaks INSTREAM as clamd does, and finds what has EICAR in it."""

    def __init__(self, answer=None):
        self.answer = answer
        self.server = socket.create_server(("127.0.0.1", 0))
        self.seen = b""
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        self.url = f"tcp://127.0.0.1:{self.server.getsockname()[1]}"

    def _serve(self):
        line, _ = self.server.accept()
        with line, line.makefile("rb") as told:
            assert told.read(10) == b"zINSTREAM\0"
            while length := struct.unpack(">I", told.read(4))[0]:
                self.seen += told.read(length)
            found = b"stream: Eicar-Test FOUND\0" if EICAR in self.seen else b"stream: OK\0"
            line.sendall(found if self.answer is None else self.answer)

    def close(self):
        self.server.close()
        self.thread.join(5)
