"""What the wheel holds, what the lock promises, and that both follow pyproject.toml and setup.cfg."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("hub", "rules", "connectors", "scoring", "portal", "compliance")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYPROJECT = (ROOT / "pyproject.toml").read_text().splitlines()
LOCK = (ROOT / "requirements.lock").read_text()
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


UNLOCKED = {"pyspark"}  # half a gigabyte, of a cluster's own version; whoever wants it installs its extra


def direct_requirements() -> list[str]:
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    extras = project["optional-dependencies"].values()
    several = (project["dependencies"], *extras, *groups.values())
    return [
        text for one in several for text in one if isinstance(text, str)
    ]  # a group that is included has its own turn


def pins() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for match in filter(None, map(PIN.match, LOCK.splitlines())):
        found.setdefault(match["name"], []).append(match["version"])
    return found


def test_the_lock_holds_pins_and_hashes_and_nothing_else() -> None:
    strange = [line for line in LOCK.splitlines() if not PIN.match(line) and not HASH.match(line)]

    assert strange == [], "an address, an index option or an unpinned requirement"


def test_every_pin_has_a_hash() -> None:
    lines = LOCK.splitlines()

    bare = [
        line for line, below in zip(lines, [*lines[1:], ""], strict=True) if PIN.match(line) and not HASH.match(below)
    ]

    assert bare == []


@pytest.mark.parametrize("text", [one for one in direct_requirements() if Requirement(one).name not in UNLOCKED])
def test_every_direct_dependency_is_locked_within_its_bounds(text: str) -> None:
    wanted = Requirement(text)

    versions = pins().get(canonicalize_name(wanted.name), [])

    assert versions, f"{wanted.name} is not in requirements.lock: compile it again"
    assert all(version in wanted.specifier for version in versions)


@pytest.mark.parametrize("text", direct_requirements())
def test_every_direct_dependency_says_why(text: str) -> None:
    named = [number for number, line in enumerate(PYPROJECT) if f'"{text}"' in line]

    assert any(_reason(PYPROJECT[number], PYPROJECT[number - 1]) for number in named), f"pyproject.toml: why {text}?"


def _reason(line: str, above: str) -> str:
    """A comment on the line, or on one of its own above it."""
    return line.partition("#")[2].strip() or (above.partition("#")[2].strip() if above.startswith("#") else "")


@pytest.mark.parametrize(("name", "module"), PROJECT["project"]["entry-points"]["hub.plugins"].items())
def test_every_plugin_of_ours_can_be_imported(name: str, module: str) -> None:
    assert import_module(module).__doc__, f"{name}: {module} says nothing about itself"


def test_the_command_can_be_called() -> None:
    module, _, function = PROJECT["project"]["scripts"]["hub"].partition(":")

    assert callable(getattr(import_module(module), function))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel that is built without network, from a copy so that no build folder is left here."""
    tree = tmp_path_factory.mktemp("tree")
    for package in (*PACKAGES, "config", "tests"):
        copytree(ROOT / package, tree / package, ignore=ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.cfg"):
        copy(ROOT / name, tree)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    done = subprocess.run([sys.executable, "-c", build], check=False, cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tree / done.stdout.splitlines()[-1]) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_every_package(wheel: set[str]) -> None:
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    ours = {str(path.relative_to(ROOT)) for path in files if path.parent.name != "__pycache__"}

    missing = sorted(ours - wheel)

    assert missing == [], "see [options.package_data] in setup.cfg, or an __init__.py is missing"


def test_the_wheel_holds_nothing_but_the_packages(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}

    own = f"garage_hub-{PROJECT['project']['version']}"
    assert tops - set(PACKAGES) == {f"{own}.dist-info", f"{own}.data"}


def test_the_wheel_lays_the_whole_configuration_for_new_projects(wheel: set[str]) -> None:
    laid = f"garage_hub-{PROJECT['project']['version']}.data/data/share/garage-hub/config/"
    files = (path.relative_to(ROOT / "config") for path in (ROOT / "config").rglob("*") if path.is_file())

    ours = {str(path) for path in files if path.parts[0] != ".schema"}

    assert {name.removeprefix(laid) for name in wheel if name.startswith(laid)} == ours, "see setup.cfg, data_files"
