"""What `./garage bench` found, as Markdown: one row a measure, what could not be run, and how the cost grows with the size."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmark import number

HEAD = ("benchmark", "run", "measure", "ours", "beside", "ratio", "goal", "", "seconds", "peak MB", "load")
VERDICTS = {True: "met", False: "**missed**", None: ""}


def markdown(whole: Mapping[str, Any]) -> str:
    machine, runs = whole["machine"], whole["runs"]
    shape = f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']}"
    lines = [
        f"# Benchmarks, {whole['size']}, {machine['at']}", "",
        f"{shape}, PostgreSQL {machine['postgresql']}, hub {machine['hub']}; load at the start {machine['load']}.",
        "Read the ratios: both sides of a line were measured in one run. The load beside a line is that of its own start.", "",
        *table(HEAD, [row for run in runs for row in rows_of(run)]),
    ]  # fmt: skip
    failed = [run for run in runs if run["problem"]]
    if failed:
        lines += ["", "## Not measured", "", *(f"- {run['name']} {run['words']}: {run['problem']}" for run in failed)]
    growing = list(growth(runs))
    if growing:
        lines += ["", "## Growth", "", *table(("benchmark", "measure", "by size", "times for the last step"), growing)]
    return "\n".join(lines) + "\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]


def rows_of(run: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    cost = (number(run["seconds"]), number(run["peak_mb"]), str(run["load"]))
    for one in run["measures"]:
        of_peer = one["peer"] is not None
        goal = (
            ""
            if one["goal"] is None
            else f"{'>=' if one['more'] else '<='} {number(one['goal'])}{' x' if of_peer else ''}"
        )
        beside = f"{one['beside'] or 'peer'}: {number(one['peer'])}" if of_peer else one["note"]
        ratio = "" if one["ratio"] is None else f"{number(one['ratio'])} x"
        yield (run["name"], run["words"], one["what"], f"{number(one['value'])} {one['unit']}", beside, ratio, goal,
               VERDICTS[one["met"]], *cost)  # fmt: skip


def growth(runs: list[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Measures that several sizes of one benchmark have in common."""
    found: dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]] = {}
    for run in runs:
        for one in run["measures"]:
            found.setdefault((run["name"], one["what"]), []).append((run["words"], one))
    for (name, what), several in found.items():
        if len(several) > 1:
            (_, before), (_, last) = several[-2:]
            values = " · ".join(f"{words}: {number(one['value'])} {one['unit']}" for words, one in several)
            yield name, what, values, f"{number(last['value'] / before['value'])} x" if before["value"] else ""
