"""Nothing stays of a snapshot: not when its reader fails, and not when it is killed."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from hub.snapshots.room import clear, folder_for

KILLED = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from hub.snapshots.room import folder_for
with folder_for(SimpleNamespace(folder=Path(sys.argv[1]))) as folder:
    (folder / "profiles-0.parquet").write_bytes(b"sealed")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def region(tmp_path):
    return SimpleNamespace(folder=tmp_path)


def lying(region):
    return list((region.folder / "snapshots").iterdir())


def test_a_folder_is_private_and_gone_when_the_work_breaks_off(region):
    def break_off():
        with folder_for(region) as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            (folder / "part").write_bytes(b"half")
            raise RuntimeError("the engine broke")

    with pytest.raises(RuntimeError):
        break_off()

    assert lying(region) == []


def test_what_a_killed_process_left_goes_and_what_somebody_works_in_stays(region):
    subprocess.run([sys.executable, "-c", KILLED, region.folder], check=False)
    [left] = lying(region)

    with folder_for(region) as folder:
        assert clear(region) == 1
        assert lying(region) == [folder]
    assert not left.exists()


def test_a_region_that_never_took_a_snapshot_has_nothing_to_clear(region):
    assert clear(region) == 0
    assert not (region.folder / "snapshots").exists()
