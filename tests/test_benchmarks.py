"""The benchmarks as one suite: each says what it is for, and a run ends in a table whatever becomes of one of them."""

import json
import os
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmark import Measure
from hub.cli import cli
from tables_of_benchmarks import markdown

FOLDER = Path(__file__).parent / "benchmarks"
SUPPORT = Path(__file__).parent / "support"


def _suite() -> Any:
    spec = spec_from_file_location("suite_of_benchmarks", FOLDER / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


suite = _suite()


def written(
    folder: Path, name: str, body: str, declaration: str = '{"name": "made/up", "goal": "g", "full": ["7"]}'
) -> Path:
    file = folder / f"{name}.py"
    begin = (
        f"BENCHMARK = {declaration}\nimport sys\nsys.path.insert(0, {str(SUPPORT)!r})\nfrom benchmark import measured\n"
    )
    file.write_text(begin + body)
    return file


def ran(file: Path, size: str = "full", patience: float = 60.0) -> dict[str, Any]:
    one = suite.declared(file)
    found: dict[str, Any] = suite.run(one, one.runs(size, curve=False)[0], size, patience)
    return found


def machine() -> dict[str, Any]:
    return {"at": "2026-11-27", "hub": "0.1.0", "cores": 2, "memory_gib": 24, "system": "Linux", "python": "3.11",
            "postgresql": "18", "load": [0.1]}  # fmt: skip


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.py")), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_whatever_can_be_run_as_a_benchmark_declares_itself_by_its_place(file: Path) -> None:
    runs = '__name__ == "__main__"' in file.read_text() and file.name != "__main__.py"
    found = suite.declared(file)

    assert found is not None or not runs, "BENCHMARK = {...} is missing: see tests/support/benchmark.py"
    assert found is None or found.name == f"{file.parent.name}/{file.stem}"
    assert found is None or found.goal
    assert found is None or not found.curve or any(word.isdigit() for word in found.full)


def test_the_peer_and_the_goal_decide_the_verdict() -> None:
    dear, quick = (
        Measure("a", 3.0, "s", peer=2.0, goal=1.3),
        Measure("a", 90.0, "rows/s", peer=30.0, goal=2.0, more=True),
    )

    assert (dear.ratio, dear.met, quick.ratio, quick.met) == (1.5, False, 3.0, True)
    assert (Measure("a", 1.0, "s", goal=1.0).met, Measure("a", 1.0, "s").met) == (True, None)


def test_a_peer_of_nothing_gives_no_verdict() -> None:
    assert (Measure("a", 3.0, "s", peer=0.0, goal=1.0).ratio, Measure("a", 3.0, "s", peer=0.0, goal=1.0).met) == (
        None,
        None,
    )


def test_what_a_run_measured_comes_with_its_words_its_time_and_its_memory(tmp_path: Path) -> None:
    body = "held = bytearray(200_000_000)\nmeasured('a scan', float(sys.argv[1]), 's', peer=2.0, beside='by hand', goal=1.0)\n"

    found = ran(written(tmp_path, "good", body))

    [one] = found["measures"]
    assert (one["value"], one["ratio"], one["met"], found["problem"], found["words"]) == (7.0, 3.5, False, "", "7")
    assert found["peak_mb"] >= 190


def test_one_that_fails_keeps_what_it_measured_and_says_what_went_wrong(tmp_path: Path) -> None:
    found = ran(written(tmp_path, "bad", "measured('first', 1.0, 's')\nraise SystemExit('the rows differ')\n"))

    assert [one["what"] for one in found["measures"]] == ["first"]
    assert found["problem"] == "exit 1: the rows differ"


def test_one_that_measures_nothing_is_no_success(tmp_path: Path) -> None:
    assert ran(written(tmp_path, "mute", "print('all well')\n"))["problem"] == "measured nothing"


def test_one_that_takes_too_long_ends_with_all_that_it_started(tmp_path: Path) -> None:
    body = (
        "import pathlib, subprocess, time\n"
        f"child = subprocess.Popen(['sleep', '60'])\npathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "measured('begun', 1.0, 's')\ntime.sleep(60)\n"
    )

    found = ran(written(tmp_path, "slow", body), patience=2.0)

    assert found["problem"] == "not done after 2 s"
    child = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    end = time.monotonic() + 5
    while child.exists() and child.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < end:
        time.sleep(0.02)
    assert not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_word_that_no_declaration_knows_is_named_with_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, "odd", "", '{"name": "a", "goal": "g", "fast": ["1"]}')

    with pytest.raises(ValueError, match=r"odd\.py:1: fast: known are"):
        suite.declared(file)


def test_a_curve_runs_the_same_words_with_each_size(tmp_path: Path) -> None:
    declaration = '{"name": "a", "goal": "g", "full": ["--rows", "7", "--postgres", "x"], "curve": [10, 100]}'
    one = suite.declared(written(tmp_path, "curve", "", declaration))

    assert one.runs("full", curve=True) == [("--rows", "10", "--postgres", "x"), ("--rows", "100", "--postgres", "x")]


def test_the_environment_of_a_size_is_told_to_a_benchmark_that_reads_it(tmp_path: Path) -> None:
    declaration = '{"name": "a", "goal": "g", "environ": {"HUB_SIZE": ("5", "50")}}'
    file = written(tmp_path, "told", "import os\nmeasured('size', float(os.environ['HUB_SIZE']), '')\n", declaration)

    assert [ran(file, size)["measures"][0]["value"] for size in ("quick", "full")] == [5.0, 50.0]


def test_the_table_shows_what_was_missed_what_was_not_measured_and_how_the_cost_grows(tmp_path: Path) -> None:
    file = written(
        tmp_path, "good", "measured('a scan', float(sys.argv[1]), 's', peer=2.0, beside='by hand', goal=1.0)\n"
    )
    one = suite.declared(file)
    runs = [suite.run(one, (size,), "full", 60.0) for size in ("1", "10")]
    runs.append(ran(written(tmp_path, "bad", "raise SystemExit('no Chromium')\n")))

    page = markdown({"machine": machine(), "size": "full", "runs": runs})

    assert "| made/up | 10 | a scan | 10 s | by hand: 2 | 5 x | <= 1 x | **missed** |" in page
    assert "| made/up | 1 | a scan | 1 s | by hand: 2 | 0.5 x | <= 1 x | met |" in page
    assert "- made/up 7: exit 1: no Chromium" in page
    assert "| made/up | a scan | 1: 1 s · 10: 10 s | 10 x |" in page


def test_a_quick_run_ends_in_time_and_says_what_it_did_not_come_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = suite.declared(written(tmp_path, "slow", "import time\nmeasured('a', 1.0, 's')\ntime.sleep(60)\n"))
    monkeypatch.setattr(suite, "WHOLE", {"quick": 2.0})

    found = list(suite.measure_all([slow, slow], "quick", curve=False))

    assert [one["problem"] for one in found] == ["not done after 2 s", "not done after 0 s"]


def test_bench_writes_markdown_and_json_and_ends_with_1_where_one_could_not_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [suite.declared(written(tmp_path, name, body)) for name, body in
            (("good", "measured('a', 1.0, 's')\n"), ("bad", "raise SystemExit(1)\n"))]  # fmt: skip
    monkeypatch.setattr(suite, "suite", lambda: some)

    done = CliRunner().invoke(suite.bench, ["--full", "--json", "--out", str(tmp_path / "out")])

    assert done.exit_code == 1
    whole = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert json.loads(done.stdout) == whole
    assert whole["machine"]["cores"] == len(os.sched_getaffinity(0))
    assert [run["problem"] for run in whole["runs"]] == ["", "exit 1: said nothing"]
    assert "made/up" in (tmp_path / "out" / "bench.md").read_text()


def test_hub_bench_hands_its_words_to_the_suite_and_its_exit_code_back() -> None:
    codes = [CliRunner().invoke(cli, ["bench", "--list", name]).exit_code for name in ("scoring", "nothing-like-it")]

    assert codes == [0, 2]


def test_a_name_that_no_benchmark_has_is_a_wrong_call_that_names_them_all() -> None:
    found = CliRunner().invoke(suite.bench, ["nothing-like-it"])

    assert found.exit_code == 2
    assert "rules/segments" in found.output
