"""The kit against a connector that is right, and against the same one broken in one place each: nearly all are caught."""

from dataclasses import replace
from pathlib import Path

import pytest
from hub_acme import register_cases

from hub.sdk.testing import check_connector
from mutated import MUTANTS


@pytest.mark.parametrize(("mutant", "check"), MUTANTS, ids=[f"{mutant.__name__}-{check}" for mutant, check in MUTANTS])
def test_a_mutant_is_caught_by_the_check_meant_for_it(mutant: type, check: str, tmp_path: Path) -> None:
    (case,) = register_cases(tmp_path)
    before = ["out.partial", "out.mixed"] if check.startswith("privacy") else []

    report = check_connector(replace(case, connector=mutant), only=[*before, check])

    assert check in {one.check.id for one in report.failures}, str(report)
    assert len(MUTANTS) >= 30
