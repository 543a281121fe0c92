"""What becomes of a file that somebody sent: shown at once where it was painted anew or does nothing by itself, else it waits."""

from dataclasses import dataclass
from typing import BinaryIO

from hub.core import Hub
from hub.errors import TooLarge, WrongInput
from hub.flow import contents
from hub.flow.drafts import Stored, discard, opened, store

MB = 1_000_000
MOST = {"image": 40 * MB, "application": 25 * MB, "video": 500 * MB}  # bytes by the first half of the type
MOST_OF_ALL = max(MOST.values())


@dataclass(frozen=True)
class Admitted:
    """media and state as in Document; stored: what is kept, which of a picture is not what was sent (`sent`: its SHA-256)."""

    stored: Stored
    sent: bytes
    media: str
    state: str
    reason: str = ""

    @property
    def kind(self) -> str:
        """Of a document about which nothing else is said."""
        return {"image": "photo", "video": "video"}.get(self.media.partition("/")[0], "paper")


def admit(hub: Hub, stored: Stored) -> Admitted:
    """See what was sent, and say whether it may be shown. Nothing is left of what is refused.

    The name and the type that were sent along are not believed. Pictures are painted anew, so they need no scanner; nor does
    a PDF that does nothing by itself. Videos are made anew by a job. All else waits for the scanner. Raises WrongInput, TooLarge."""
    try:
        admitted = _judge(hub, stored)
    except BaseException:
        discard(hub, stored)
        raise
    if admitted.stored.file != stored.file:
        discard(hub, stored)
    return admitted


def _judge(hub: Hub, stored: Stored) -> Admitted:
    with opened(hub, stored) as file:
        media = contents.media_of(file.read(contents.HEAD))
        refused = contents.refusal(media)
        if refused is not None:
            raise refused
        most = MOST[media.partition("/")[0]]
        if stored.size > most:
            raise TooLarge(f"A file of this kind may have {most // MB} MB.", "Nothing was stored. Send a smaller one.")
        file.seek(0)
        if media in contents.PICTURES:
            painted = store(hub, [contents.repaint(file)], most)
            return Admitted(painted, stored.digest, "image/jpeg", "released")
        state, reason = _verdict(media, file)
    return Admitted(stored, stored.digest, media, state, reason)


def _verdict(media: str, file: BinaryIO) -> tuple[str, str]:
    """(state, reason) of what is kept as it came."""
    if media in contents.VIDEOS:
        return "converting", ""
    if media == "application/pdf":
        return ("checking", "acts") if contents.acts(file) else ("released", "")
    if contents.unpacks_too_far(file):
        raise WrongInput("This archive is damaged, or far larger than it looks.", contents.AGAIN)
    return "checking", "archive"
