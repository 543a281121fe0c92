"""The order in which files of tests are taken."""

from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from turns import SECONDS, expected, pytest_xdist_make_scheduler

ROOT = Path(__file__).parents[1]


def test_what_is_known_of_one_file_goes_before_what_is_known_of_its_folder() -> None:
    assert expected("tests/stories/test_crm_through_faults.py", 2) > expected("tests/stories/test_forgotten.py", 2)
    assert expected("tests/stories/test_forgotten.py", 2) > expected("tests/rules/test_sql.py", 2)


@pytest.mark.parametrize("path", SECONDS)
def test_what_is_said_to_be_long_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_a_free_core_takes_the_longest_file() -> None:
    config = SimpleNamespace(getvalue=lambda name: "loadfile", option=SimpleNamespace(tx=["popen"], maxfail=0))
    scheduler = pytest_xdist_make_scheduler(config, SimpleNamespace(loadfilesched=None, loadscopesched=None))
    many, few = "tests/rules/test_many.py", "tests/stories/test_crm_through_faults.py"
    scheduler.workqueue = OrderedDict({many: dict.fromkeys("abcdef", False), few: dict.fromkeys("xy", False)})
    taken: list[list[int]] = []
    node = Mock(send_runtest_some=taken.append)
    scheduler.registered_collections[node] = list("abcdefxy")

    scheduler._assign_work_unit(node)

    assert taken == [[6, 7]]
