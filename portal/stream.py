"""A page that stays fresh: its parts are sent again, by server-sent events, as soon as they look different."""

import json
from collections.abc import Callable, Iterator, Mapping

EVERY = 1.0  # seconds between two looks, and so the longest that a revoked session sees anything
BEATS = 900  # looks until the browser comes back by itself; nothing lasts for ever
RETRY_MS = 3000

Parts = Mapping[str, str]


def events(
    look: Callable[[int], Parts],
    still: Callable[[], bool],
    wait: Callable[[float], None],
    beats: int = BEATS,
    every: float = EVERY,
) -> Iterator[str]:
    """look(beat): name -> HTML of the parts to compare at this beat. still: may the reader go on? Each beat says at least
    a comment, so that a reader who has gone is noticed. every: seconds between two looks."""
    shown: dict[str, str] = {}
    yield f"retry: {RETRY_MS}\n\n"
    for beat in range(beats):
        if not still():
            yield event("end", {})
            return
        new = {name: html for name, html in look(beat).items() if shown.get(name) != html}
        shown |= new
        yield "".join(event("part", {"name": name, "html": html}) for name, html in new.items()) or ": beat\n\n"
        wait(every)


def event(kind: str, values: Mapping[str, str]) -> str:
    return f"event: {kind}\ndata: {json.dumps(values, ensure_ascii=False)}\n\n"
