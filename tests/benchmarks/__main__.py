"""All benchmarks, ours beside the peer or the limit, into one table: ./garage bench [NAME ...] [--quick | --full] [--curve]

Each is a script of its own and runs in a process of its own, one after the other, so that its memory is its own."""

import ast
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from benchmark import OUT  # noqa: E402
from postgres import _binaries  # noqa: E402
from tables_of_benchmarks import markdown  # noqa: E402

PATIENCE = {"quick": 90.0, "full": 4800.0}  # seconds for one run
ENDING = 30.0  # seconds for one that is told to end, and whatever it has started
WHOLE = {"quick": 600.0, "full": 86_400.0}  # seconds for all; what comes too late is told, and not run
KNOWN = {"name", "goal", "quick", "full", "curve", "environ", "by"}


@dataclass(frozen=True)
class Benchmark:
    """As its script declares it."""

    file: Path
    name: str
    goal: str
    quick: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    curve: tuple[int, ...] = ()
    environ: dict[str, tuple[str, str]] = field(default_factory=dict)
    by: str = ""

    def runs(self, size: str, *, curve: bool) -> list[tuple[str, ...]]:
        """The words of each run's command line."""
        words = self.quick if size == "quick" else self.full
        if not curve or not self.curve:
            return [words]
        at = next(place for place, word in enumerate(words) if word.isdigit())
        return [(*words[:at], str(number), *words[at + 1 :]) for number in self.curve]


def declared(file: Path) -> Benchmark | None:
    """Read without importing it: the declaration is a literal. Raises ValueError for one that cannot be used."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == ["BENCHMARK"]:
            given = ast.literal_eval(node.value)
            if strange := given.keys() - KNOWN:
                raise ValueError(
                    f"{file}:{node.lineno}: {', '.join(sorted(strange))}: known are {', '.join(sorted(KNOWN))}"
                )
            lists = {key: tuple(given[key]) for key in ("quick", "full", "curve") if key in given}
            return Benchmark(**{"file": file, **given, **lists})
    return None


def suite(folder: Path = HERE) -> list[Benchmark]:
    return [found for file in sorted(folder.rglob("*.py")) if (found := declared(file)) is not None]


def shape() -> dict[str, Any]:
    """The machine that measured."""
    server = subprocess.run(
        [str(_binaries(os.environ) / "postgres"), "--version"], check=True, capture_output=True, text=True
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "hub": version("garage-hub"), "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1), "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(), "postgresql": server.stdout.split()[2],  # postgres (PostgreSQL) 15.18 (Debian ...)
        "load": [round(one, 1) for one in os.getloadavg()],
    }  # fmt: skip


def run(one: Benchmark, words: Sequence[str], size: str, patience: float) -> dict[str, Any]:
    """One run in a process group of its own, which ends with it: what it measured, how long, how much memory, and what went wrong."""
    command = [sys.executable, *(["-m", "pytest", "-q", "-s"] if one.by == "pytest" else []), str(one.file), *words]
    told = {name: pair[size != "quick"] for name, pair in one.environ.items()}
    with tempfile.TemporaryDirectory() as folder:
        out, said = Path(folder) / "measures", Path(folder) / "said"
        load, began = os.getloadavg()[0], time.monotonic()
        with said.open("wb") as file:
            child = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, **told, OUT: str(out)},
            )  # fmt: skip
        told_to_end = [(signal.SIGTERM, patience), (signal.SIGKILL, patience + ENDING)]
        watches = [threading.Timer(after, os.killpg, (child.pid, number)) for number, after in told_to_end]
        for watch in watches:
            watch.start()
        try:
            _, status, used = os.wait4(child.pid, 0)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        finally:
            for watch in watches:
                watch.cancel()
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
        last = (said.read_text(errors="replace").strip().splitlines() or ["said nothing"])[-1]
    problem = ""
    if child.returncode:
        problem = (
            f"not done after {patience:.0f} s" if seconds >= patience else f"exit {child.returncode}: {last[:200]}"
        )
    elif not rows:
        problem = "measured nothing"
    return {
        "name": one.name, "goal": one.goal, "words": " ".join([*words, *(f"{key}={value}" for key, value in told.items())]),
        "measures": rows, "problem": problem, "load": round(load, 1), "seconds": round(seconds, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1), "peak_mb": round(used.ru_maxrss / 1024),
    }  # fmt: skip


def chosen(known: Sequence[Benchmark], wanted: Sequence[str]) -> list[Benchmark]:
    found = [one for one in known if not wanted or any(word in one.name for word in wanted)]
    if not found:
        raise click.UsageError(f"No benchmark is called so. There are: {', '.join(one.name for one in known)}.")
    return found


def measure_all(some: Sequence[Benchmark], size: str, *, curve: bool) -> Iterator[dict[str, Any]]:
    end = time.monotonic() + WHOLE[size]
    for one in some:
        for words in one.runs(size, curve=curve):
            click.echo(f"{one.name} {' '.join(words)} ...", err=True, nl=False)
            found = run(one, words, size, max(0.0, min(PATIENCE[size], end - time.monotonic())))
            click.echo(f" {found['seconds']} s{', ' + found['problem'] if found['problem'] else ''}", err=True)
            yield found


@click.command("bench", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1)
@click.option(
    "--quick", "size", flag_value="quick", default=True, help="Small sizes, ten minutes at the most (default)."
)
@click.option("--full", "size", flag_value="full", help="The sizes that the goals are about.")
@click.option("--curve", is_flag=True, help="10,000, 100,000 and 1,000,000 where a benchmark grows.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where bench.md and bench.json go; default var/bench.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--list", "only_list", is_flag=True, help="Name them, and run none.")
def bench(names: tuple[str, ...], size: str, curve: bool, out: Path | None, as_json: bool, only_list: bool) -> None:
    """Measure, and compare with peers, limits and goals. NAMES: parts of names; default all. Exit 1 when one could not be run;
    a goal that was missed is told, and is no error of the run."""
    some = chosen(suite(), names)
    if only_list:
        click.echo("\n".join(f"{one.name:26} {one.goal}" for one in some))
        return
    machine = shape()
    whole = {
        "machine": machine,
        "size": size,
        "runs": list(measure_all(some, size, curve=curve)),
    }
    folder = out or Path(os.environ.get("HUB_HOME", "var")) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    (folder / "bench.md").write_text(markdown(whole), encoding="utf-8")
    click.echo(json.dumps(whole) if as_json else markdown(whole))
    sys.exit(any(one["problem"] for one in whole["runs"]))


if __name__ == "__main__":
    bench(prog_name="hub bench")
