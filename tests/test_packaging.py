"""What the lock promises; and a release, three files that need nothing of this folder: a wheel that runs, a source that holds the same,
and a bill of materials."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("hub", "rules", "connectors", "scoring", "portal", "compliance")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSION = PROJECT["project"]["version"]
NAME = f"garage_hub-{VERSION}"
PYPROJECT = (ROOT / "pyproject.toml").read_text().splitlines()
LOCK = (ROOT / "requirements.lock").read_text()
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


UNLOCKED = {"pyspark", "s3fs"}  # of a cluster's, or a cloud client's own version; whoever wants one installs its extra


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
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "release.py", folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(release: Path) -> set[str]:
    """Names of the files in it."""
    with zipfile.ZipFile(release / f"{NAME}-py3-none-any.whl") as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_every_package(wheel: set[str]) -> None:
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    ours = {str(path.relative_to(ROOT)) for path in files if path.parent.name != "__pycache__"}

    missing = sorted(ours - wheel)

    assert missing == [], "see [options.package_data] in setup.cfg, or an __init__.py is missing"


def test_the_wheel_holds_nothing_but_the_packages(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}

    assert tops - set(PACKAGES) == {f"{NAME}.dist-info", f"{NAME}.data"}


def test_the_wheel_lays_the_whole_configuration_for_new_projects(wheel: set[str]) -> None:
    laid = f"{NAME}.data/data/share/garage-hub/config/"
    files = (path.relative_to(ROOT / "config") for path in (ROOT / "config").rglob("*") if path.is_file())

    ours = {str(path) for path in files if path.parts[0] != ".schema"}

    assert {name.removeprefix(laid) for name in wheel if name.startswith(laid)} == ours, "see setup.cfg, data_files"


@pytest.fixture(scope="module")
def hub(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the wheel in an environment of its own, which borrows the locked packages of this one and nothing of its folder."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--no-compile",
    ]
    done = subprocess.run([*command, release / f"{NAME}-py3-none-any.whl"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    borrowed = next((home / "lib").glob("python*/site-packages")) / "borrowed.pth"
    borrowed.write_text(
        sysconfig.get_paths()["purelib"] + "\n"
    )  # its own .pth files, ours among them, are not read there
    return home / "bin" / "hub"


def run(hub: Path, folder: Path, *words: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PYTHON"))}
    done = subprocess.run([hub, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_begins_a_project_in_an_empty_folder_checks_it_and_opens_its_region(
    hub: Path, tmp_path: Path
) -> None:
    assert run(hub, tmp_path, "--version") == f"hub, version {VERSION}\n"
    asked = "import hub, compliance, portal; print(hub.__file__, compliance.__file__, portal.__file__)"
    where = subprocess.run(
        [hub.with_name("python"), "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert where.stdout.count(str(hub.parents[1])) == 3, "it runs from the checkout"

    run(hub, tmp_path, "init", "my-chain")
    chain = tmp_path / "my-chain"
    assert "The configuration is right." in run(hub, chain, "check")
    run(hub, chain, "init")
    status = json.loads(run(hub, chain, "status", "--json"))

    assert (chain / "var" / "regions" / "eu" / "hub.db").is_file()
    [region] = status["regions"]
    assert {one["name"] for one in region["connections"]} >= {"shop_eu", "import_eu", "webhook_eu"}


def test_the_source_holds_whatever_the_wheel_holds(release: Path) -> None:
    with zipfile.ZipFile(release / f"{NAME}-py3-none-any.whl") as wheel:
        laid = [re.sub(r"^[^/]+\.data/data/share/garage-hub/", "", name) for name in wheel.namelist()]
    with tarfile.open(release / f"{NAME}.tar.gz") as source:
        held = {name.partition("/")[2] for name in source.getnames()}

    assert {name for name in laid if ".dist-info/" not in name} <= held
    assert {"pyproject.toml", "setup.cfg", "README.md"} <= held


def test_the_bill_of_materials_names_what_is_installed_with_the_hashes_of_the_lock(release: Path) -> None:
    bill = json.loads((release / f"{NAME}.cdx.json").read_text())
    lock = (ROOT / "requirements.lock").read_text()
    pins = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))

    named = {one["name"]: one for one in bill["components"]}

    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", VERSION)
    assert {canonicalize_name(Requirement(text).name) for text in PROJECT["project"]["dependencies"]} <= named.keys()
    assert {"pytest", "ruff", "mkdocs"}.isdisjoint(named), "nobody installs what develops it"
    assert {"jinja2", "werkzeug"} <= named.keys(), "what comes with a dependency counts, too"
    for name, one in named.items():
        assert pins[name] == one["version"]
        hashes = [row["content"] for where in one["externalReferences"] for row in where["hashes"]]
        assert hashes
        assert all(f"--hash=sha256:{found}" in lock for found in hashes)
