"""Scores of everybody by an engine beside the database: the columns a scorer asks for go there as a snapshot, its answers come back
through the door that every scoring takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from hub.core import Hub
from hub.errors import ConfigError
from hub.flow import scores
from hub.past.reader import PastReader
from hub.sdk import JudgesRows, ScoreGiven
from hub.sdk.scores import Tell
from hub.snapshots.engines import judging
from hub.snapshots.files import put
from hub.snapshots.judged import Judging, given, table_of
from hub.snapshots.room import folder_for


def score(hub: Hub, name: str, as_of: date, tell: Tell, engine: str) -> scores.Scored:
    """As scores.score does. Raises NotFound without a champion; ConfigError, PartDown where the engine cannot be had."""
    scorer = scores.scorer_of(hub, name)
    if not isinstance(scorer, JudgesRows):
        raise ConfigError(
            f"{name} judges all its rows together, so no engine can share them out.", "Leave --engine out."
        )
    with hub.begin() as work:
        work.audit("hub", "snapshot_taken", "region", engine=engine, scorer=name)

    @contextmanager
    def judged(model: bytes, facts: PastReader) -> Iterator[Iterator[ScoreGiven]]:
        with folder_for(hub.region) as folder:
            key = hub.vault.make_key(hub.node.ids.next())
            rows = scorer.rows(model, facts, as_of)
            held = put(folder, key, "rows", table_of(rows))
            with judging(engine)(held, folder, hub.settings.environ, Judging(scorer, model, tuple(rows))) as answers:
                yield given(answers)

    return scores.score(hub, name, as_of, tell, judged)
