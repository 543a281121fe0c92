"""How long `hub --help` and a cold start of `hub up` take: python tests/benchmarks/runtime/start.py [times]

The best of several: what else the machine does is no cost of ours. CPU stands beside the time, as it depends on nobody else. `hub up`:
from the call until the web of one region answers that it is ready, with its own Valkey, on SQLite; the bytecode is there, as it is
after an installation. The peer of the help: Python with Flask and SQLAlchemy, imported and nothing else."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

sys.path.insert(0, "tests/support")
sys.path.insert(0, "tests/chaos")

from benchmark import end_in_order, measured
from town import Town

BENCHMARK = {"name": "runtime/start", "goal": "hub up <= 3 s, hub --help <= 300 ms", "quick": ["2"], "full": ["9"]}
PEER = ("-c", "import flask, sqlalchemy.orm")


def called(*words: str, home: str) -> tuple[float, float]:
    """(seconds, seconds of CPU)."""
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True, env={**os.environ, "HUB_HOME": home})
    took, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def started(folder: Path) -> tuple[float, float]:
    """(seconds until the web is ready, seconds of CPU until then)."""
    town = Town(folder, Random(1))
    town.start_partners = lambda: None  # type: ignore[method-assign]
    began = time.perf_counter()
    try:
        town.start()
        took = time.perf_counter() - began
        spent = sum(cpu_of(pid) for pid in [town.children["hub"].pid, *(pid for pid, _ in town.family())])
    finally:
        town.stop()
    return took, spent


def cpu_of(pid: int) -> float:
    """With those that it has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def best(several: list[tuple[float, float]]) -> tuple[float, float]:
    return min(took for took, _ in several), min(spent for _, spent in several)


def main(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        called("-m", "hub.cli", "--help", home=folder)  # writes down what plugins bring
        told, peer = (
            best([called(*words, home=folder) for _ in range(times)]) for words in (("-m", "hub.cli", "--help"), PEER)
        )
        up = best([started(Path(folder) / str(number)) for number in range(times)])
    measured("hub --help", told[0] * 1000, "ms", goal=300, note=f"{told[1] * 1000:.0f} ms of CPU")
    measured("hub --help, CPU", told[1], "s", peer=peer[1], beside="importing Flask and SQLAlchemy", goal=1.0)
    measured("hub up, until the web is ready", up[0], "s", goal=3.0, note=f"{up[1]:.1f} s of CPU of all processes")


if __name__ == "__main__":
    end_in_order()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
