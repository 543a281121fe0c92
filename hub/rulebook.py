"""The rules in force: read again when a file changes, and kept as they were when the new ones are wrong."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pluggy

from hub.catalogue import catalogue
from hub.targets import SYNCED
from rules import Rulebook, RuleError, load_book
from rules.hours import load_calendars
from rules.journeys.documents import JourneyRule
from rules.journeys.read import read_journey
from rules.parse import read_text
from rules.read_sending import load_sending
from rules.replies import FILE as REPLIES
from rules.replies import Replies, load_replies
from rules.sending import CHANNELS, Sending
from rules.sending import FILE as SENDING
from rules.syncmap import SyncMap, load_syncs

LOOK_EVERY = 1.0  # seconds


@dataclass(frozen=True)
class Stand:
    """book, syncs, sending, replies: what is in force, mappings by connector. wrong: why the newer files are not, or empty."""

    book: Rulebook
    syncs: Mapping[str, SyncMap]
    sending: Sending
    replies: Replies
    wrong: str


def purposes_of(plugins: pluggy.PluginManager) -> set[str]:
    """What people are written to for, as the topics of the active channels say."""
    brought = plugins.hook.register_connectors() + plugins.hook.register_channels()
    return {
        topic.purpose for several in brought for one in several for topic in one.topics if topic.channel in CHANNELS
    }


class LiveBook:
    """Raises RuleError only when the first reading is wrong: then there is no last good state to keep."""

    def __init__(
        self, folder: Path, plugins: pluggy.PluginManager, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder = folder
        self.catalogue = catalogue(plugins)
        self.purposes = purposes_of(plugins)
        self.monotonic = monotonic
        self.lock = threading.Lock()
        self.mark = self._mark()
        self.looked_at = monotonic()
        self.read_against: Stand | None = None
        self.read: dict[str, JourneyRule] = {}
        self.stand = self._read_all()

    def current(self) -> Rulebook:
        return self.now().book

    def journey(self, text: str) -> JourneyRule:
        """A version as it was applied, read against the segments in force; remembered until those change. Raises RuleError."""
        stand = self.now()
        if self.read_against is not stand:
            self.read_against, self.read = stand, {}
        if text not in self.read:
            source = read_text(text.encode(), "applied")
            self.read[text] = read_journey(source, self.catalogue, stand.book.segments, believed=True)
        return self.read[text]

    def sync_of(self, connector: str) -> SyncMap | None:
        return self.now().syncs.get(connector)

    def now(self) -> Stand:
        with self.lock:
            if self.monotonic() - self.looked_at >= LOOK_EVERY:
                self.looked_at = self.monotonic()
                mark = self._mark()
                if mark != self.mark:
                    self.mark = mark
                    self.stand = self._read()
            return self.stand

    def _read_all(self) -> Stand:
        calendars = load_calendars(self.folder / "calendars")
        book = load_book(self.folder, self.catalogue, calendars=calendars)
        sending = load_sending(self.folder, self.purposes, calendars=calendars)
        return Stand(book, load_syncs(self.folder, SYNCED), sending, load_replies(self.folder, self.purposes), "")

    def _read(self) -> Stand:
        try:
            return self._read_all()
        except RuleError as error:
            return replace(self.stand, wrong=str(error))

    def _mark(self) -> tuple[tuple[str, int, int], ...]:
        files = sorted([*self.folder.glob("*/*.yaml"), *self.folder.glob(SENDING), *self.folder.glob(REPLIES)])
        return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
