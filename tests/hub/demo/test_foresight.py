"""Once the history is in, the scorers are asked for, and whoever waits is told when they are done."""

from sqlalchemy import select

from hub.demo.foresight import foresee
from hub.flow import runs
from hub.models import ScorerRun
from scorers import Bringing, Gut


def test_every_scorer_is_trained_and_asked_once_and_waited_for(hub):
    hub.plugins.register(Bringing(Gut()), name="gut")
    naps = []

    def work_instead_of_sleeping(seconds):
        naps.append(seconds)
        runs.work_off(hub, "the region's own process")

    foresee(hub, work_instead_of_sleeping)

    with hub.look() as session:
        found = [(row.scorer, row.verb, row.state) for row in session.scalars(select(ScorerRun).order_by(ScorerRun.id))]
    assert found == [("churn", "train", "done"), ("churn", "score", "done")]
    assert len(naps) == 2
