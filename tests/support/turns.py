"""Which file of tests a free core takes next: the longest, so that none is left for the end, when the other cores have nothing to do."""

from typing import Any

import pytest

# Seconds of one test in a file, or in all files of a folder, where it is far from the usual one; a longer path goes before.
USUAL = 0.3
SECONDS = {
    "tests/stories/": 4.0,
    "tests/stories/test_crm_through_faults.py": 10.0,
    "tests/stories/test_demo.py": 20.0,
    "tests/stories/test_nothing_leaks.py": 8.0,
    "tests/portal/test_pages_in_chromium.py": 0.6,
    "tests/benchmarks/": 2.0,
    "tests/chaos/": 15.0,
    "tests/chaos/test_hosts.py": 30.0,
    "tests/compliance/test_report.py": 2.0,
    "tests/docs/test_site.py": 4.0,
    "tests/hub/demo/": 1.0,
    "tests/hub/models/test_classify.py": 0.02,
    "tests/hub/sdk/test_testing.py": 1.0,
    "tests/hub/snapshots/test_identity.py": 3.0,
    "tests/hub/test_lines.py": 3.0,
    "tests/hub/test_regions.py": 2.0,
    "tests/hub/test_upgrade.py": 1.5,
    "tests/hub/test_worker.py": 4.5,
    "tests/hub/web/test_described.py": 15.0,
    "tests/plugins/": 3.0,
    "tests/rules/test_bad_files.py": 0.5,
    "tests/rules/test_one_meaning.py": 5.0,
    "tests/rules/test_slices.py": 2.0,
    "tests/scoring/": 1.0,
    "tests/test_packaging.py": 0.5,
    "tests/test_support_postgres.py": 2.0,
}


def expected(file: str, tests: int) -> float:
    """Seconds that a file with so many tests takes."""
    found = [path for path in SECONDS if file.startswith(path)]
    return tests * (SECONDS[max(found, key=len)] if found else USUAL)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class LongestFirst(LoadFileScheduling):
        def _assign_work_unit(self, node: Any) -> None:
            longest = max(self.workqueue, key=lambda file: expected(file, len(self.workqueue[file])))
            self.workqueue.move_to_end(longest, last=False)
            super()._assign_work_unit(node)

    return LongestFirst(config, log)
