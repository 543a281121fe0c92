"""`python .ci/release.py FOLDER`: the wheel, the source and the bill of materials of this version, without network.

Both are built from a copy, so that nothing is left here. The bill names what an installation brings, with the hashes of the lock:
the dependencies of pyproject.toml and theirs, as they are installed beside this Python."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("hub", "rules", "connectors", "scoring", "portal", "compliance")
COPIED = (
    *PACKAGES,
    "config",
    "docs",
    "tests",
    "garage",
    "pyproject.toml",
    "setup.cfg",
    "README.md",
    "requirements.lock",
)
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
ENTRY = re.compile(r"^([a-z0-9-]+)==")


def copy(folder: Path) -> None:
    left_out = shutil.ignore_patterns("__pycache__", ".schema", "*.pyc", "*.egg-info")
    for name in COPIED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=left_out)
        else:
            shutil.copy(path, folder)


def built(what: str, tree: Path, folder: Path) -> Path:
    """what: build_wheel or build_sdist, in a tree of its own."""
    command = [sys.executable, "-c", BUILD, what, str(folder)]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return folder / done.stdout.splitlines()[-1]


def needed(names: Iterable[str]) -> set[str]:
    """Packages that are brought by these, and they themselves."""
    found: set[str] = set()
    waiting = [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [
            canonicalize_name(one.name)
            for one in _requirements(name)
            if one.marker is None or one.marker.evaluate({"extra": ""})
        ]
    return found


def _requirements(name: str) -> list[Requirement]:
    try:
        return [Requirement(text) for text in requires(name) or ()]
    except PackageNotFoundError:  # of another platform
        return []


def bill(folder: Path) -> Path:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = needed(Requirement(text).name for text in project["dependencies"])
    entries = re.split(r"\n(?=[a-z0-9-]+==)", (ROOT / "requirements.lock").read_text(encoding="utf-8").rstrip())
    ours = "\n".join(one for one in entries if (match := ENTRY.match(one)) and match[1] in wanted)
    path = folder / f"garage_hub-{project['version']}.cdx.json"
    command = [
        "cyclonedx_py",
        "requirements",
        "--pyproject",
        ROOT / "pyproject.toml",
        "--output-reproducible",
        "--short-PURLs",
        "-o",
        path,
        "-",
    ]
    subprocess.run([sys.executable, "-m", *map(str, command)], input=ours, text=True, check=True)
    return path


def main(folder: Path) -> None:
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SOURCE_DATE_EPOCH", "1767225600")  # the same files make the same wheel
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        copy(tree)
        for path in (built("build_sdist", tree, folder), built("build_wheel", tree, folder), bill(folder)):
            print(path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python .ci/release.py FOLDER")
    main(Path(sys.argv[1]))
