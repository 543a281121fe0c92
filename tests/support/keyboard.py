"""Work done by the keyboard alone in Chromium, key by key, and counted: there is no mouse here."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from playwright.sync_api import Page

# A page takes its autofocus when it is first drawn, a moment after it has loaded.
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass(frozen=True)
class Key:
    """name: as Playwright names it, `Control+Enter` for two held together. leads: another page opens by it."""

    name: str
    leads: bool = False

    @property
    def strokes(self) -> int:
        """Each key that a finger goes down on, those that are held as well."""
        return len(self.name.split("+"))


@dataclass(frozen=True)
class Text:
    """Words that somebody types; they are the work and not the way to it, so their letters are not counted."""

    said: str


Act = Key | Text


def keys(*acts: str | Act) -> tuple[Act, ...]:
    """`Enter>` is a key that leads to another page."""
    return tuple(Key(one.rstrip(">"), one.endswith(">")) if isinstance(one, str) else one for one in acts)


@dataclass
class Keyboard:
    """pressed: how many keys went down so far, typed words apart."""

    page: Page
    pressed: int = field(default=0, init=False)

    def do(self, acts: Iterable[Act]) -> None:
        for act in acts:
            if isinstance(act, Text):
                self.page.keyboard.type(act.said)
                continue
            self.pressed += act.strokes
            if not act.leads:
                self.page.keyboard.press(act.name)
                continue
            with self.page.expect_navigation():
                self.page.keyboard.press(act.name)
            self.settle()

    def settle(self) -> None:
        self.page.evaluate(DRAWN)
