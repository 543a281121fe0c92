"""What our own doors say (portal, API, desks) joins the way where records are folded, with all that follows from it."""

from collections.abc import Sequence

from hub.core import Hub
from hub.flow import customers, pipeline
from hub.flow.customers import Folded
from hub.own import OWN
from hub.sdk import Record
from hub.work import Work


def write(hub: Hub, work: Work, records: Sequence[Record]) -> Folded:
    """Fold them in the caller's transaction. Raises WrongInput, Quarantined; then nothing of it stays."""
    folded = customers.fold(hub, work, hub.partner(OWN), records)
    pipeline.follow(hub, work, folded.touched, folded.intents)
    return folded
