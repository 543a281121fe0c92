"""An answer that lasts: what one reader is told, said from any thread, with or without a thread of the reader's own."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

MOST = 400  # texts that may wait for a reader
PLACE = "hub.line"  # in the environ of a request, for whoever serves it without holding a thread


class Line:
    """Texts in the order in which they were said. A reader who takes none for so long that many wait is let go: a browser comes
    back by itself, and says where it was."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._there = threading.Condition()
        self._ended = False
        self._tell: Callable[[], None] | None = None

    def say(self, text: str) -> None:
        with self._there:
            if self._ended:
                return
            if len(self._waiting) < MOST:
                self._waiting.append(text)
            else:
                self._ended = True
            self._notify()

    def end(self) -> None:
        """What was said before is still told."""
        with self._there:
            self._ended = True
            self._notify()

    def _notify(self) -> None:
        self._there.notify_all()
        if self._tell is not None:
            self._tell()

    def follow(self, tell: Callable[[], None]) -> None:
        """tell: called from any thread whenever there is something to take."""
        with self._there:
            self._tell = tell
            tell()

    def take(self) -> tuple[str, bool]:
        """(all that waits, is it over?)"""
        with self._there:
            text = "".join(self._waiting)
            self._waiting.clear()
            return text, self._ended

    def __iter__(self) -> Iterator[str]:
        """For a reader who has a thread."""
        while True:
            with self._there:
                self._there.wait_for(lambda: self._waiting or self._ended)
            text, ended = self.take()
            if text:
                yield text
            if ended:
                return


def offer(environ: dict[str, Any], line: Line) -> Line:
    """Let whoever serves this request follow the line, instead of holding a thread that iterates over it."""
    environ[PLACE] = line
    return line
