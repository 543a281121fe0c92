"""Checks of what a connector let out while all others ran; they come last."""

import re
from collections.abc import Iterator

from hub.sdk.kit.run import MAIL, NAME, PHONE, Run
from hub.sdk.kit.shape import anyone, pushes_by_http
from hub.sdk.kit.table import Level, check

ADDRESS = re.compile(rb"[\w.+-]+@[\w-]+\.[\w.-]+")


@check("privacy.secrets", "reprs, errors and logs hold no secret", Level.BRONZE, anyone)
def _secrets(run: Run) -> Iterator[str]:
    """Logs travel further than anybody thinks. Texts below eight characters are no secrets: they are found in anything."""
    run.heard += [repr(run.build()), str(run.build()), repr(run.case.account)]
    said = "\n".join(run.heard)
    if any(one in said for one in run.case.account.secrets.values() if len(one) >= 8):
        yield "one is shown"


@check("privacy.logs", "reprs, errors and logs name no person", Level.BRONZE, anyone)
def _people(run: Run) -> Iterator[str]:
    """Neither the people of the kit nor those of the recorded webhooks; a reason is kept for years, a person may go."""
    said = "\n".join(run.heard)
    people = {NAME, MAIL, PHONE, *_recorded(run)}
    if shown := [one for one in people if one in said]:
        yield f"{len(shown)} values of people are shown"


def _recorded(run: Run) -> set[str]:
    return {found.decode() for one in run.recorded for found in ADDRESS.findall(one.knock.body)}


@check("privacy.targets", "no person stands in an address that is called", Level.SILVER, pushes_by_http)
def _targets(run: Run) -> Iterator[str]:
    """Paths and queries are written down by every proxy on the way."""
    if any(
        value in one.target or value.replace("@", "%40") in one.target
        for one in run.desk.asked
        for value in (MAIL, PHONE)
    ):
        yield "one does"
