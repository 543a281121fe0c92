"""Acme is proved by the hub's kit; raise LEVEL as you get there."""

from pathlib import Path

from hub_acme import register_cases
from hub.sdk.testing import Level, check_connector

LEVEL = Level.GOLD


def test_the_kit_proves_it(tmp_path: Path) -> None:
    (case,) = register_cases(tmp_path)

    report = check_connector(case)

    assert report.reaches(LEVEL), str(report)
