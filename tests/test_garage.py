"""The launcher, with a uv and a Python of our own making: nothing is fetched, every way through it is walked."""

import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

ROOT = Path(__file__).parents[1]
LOCK = """\
alembic==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
durable-rules==2.0.28 ; python_full_version < '3.13' \\
    --hash=sha256:cc
uv==0.13.9 \\
    --hash=sha256:dd
"""
# Writes down how it was called. `venv` lays a Python that knows a compiler if $COMPILER says so; -e lays the command.
UV = """\
#!/bin/sh
echo "uv $*" >>"$CALLS"
echo "index ${UV_DEFAULT_INDEX:-none}, extra ${UV_EXTRA_INDEX_URL:-none}, links ${UV_FIND_LINKS:-none}" >>"$CALLS"
case "$*" in
  "venv "*) mkdir -p .venv/bin; rm -f .venv/.hub-stamp
    printf '#!/bin/sh\\necho "venv $*" >>"$CALLS"\\necho "$COMPILER"\\n' >.venv/bin/python
    chmod +x .venv/bin/python ;;
  *"-e .") printf '#!/bin/sh\\necho "hub $*"; exit 7\\n' >.venv/bin/hub; chmod +x .venv/bin/hub ;;
  *"$WRONG"*) echo "Hash mismatch for \\`it\\`" >&2; exit 1 ;;
  *"$BROKEN"*) echo "cc: error" >&2; exit 1 ;;
esac
"""
# A Python without pip and venv; it names itself when asked for its path, so that nobody gets round it.
BARE = f"""\
#!/bin/sh
echo "python $*" >>"$CALLS"
case "$1 $2" in
  "-c "*sys.executable*) echo "$0" ;;
  "-c "*) exec {sys.executable} "$@" ;;
  *) exit 1 ;;
esac
"""


class House:
    """A checkout with nothing in it but what the launcher reads."""

    def __init__(self, around: Path) -> None:
        self.root = root = around / "a house"
        self.calls = around / "calls"
        self.bin = around / "bin"
        for folder in (self.root, self.bin):
            folder.mkdir()
        for name, text in (("uv", UV), ("bare", BARE)):
            self.put(name, text)
        copy(ROOT / "garage", root)
        (root / "requirements.lock").write_text(LOCK)
        for name in ("pyproject.toml", "setup.cfg"):
            (root / name).touch()
        self.environ = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "CALLS": str(self.calls),
            "HUB_PYTHON": str(self.bin / "bare"),
            "WRONG": "nothing",
            "BROKEN": "nothing",
            "COMPILER": "",
        }

    def put(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, *words: str, **changed: str) -> subprocess.CompletedProcess[str]:
        self.calls.write_text("")
        environ = {**self.environ, **changed}
        command = [str(self.root / "garage"), *words]
        return subprocess.run(command, cwd="/", env=environ, capture_output=True, text=True, check=False)

    def called(self, words: str) -> bool:
        return words in self.calls.read_text()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_word_is_handed_to_the_hub_with_its_exit_code(house: House) -> None:
    done = house.run("segments", "plan", "two words")

    assert done.stdout == "hub segments plan two words\n"
    assert done.returncode == 7


def test_all_tests_run_on_all_cores_and_then_those_that_kill_many_processes_two_files_at_a_time(house: House) -> None:
    (house.root / "tests").mkdir()
    (house.root / "tests" / "test_many.py").write_text("")
    (house.root / "tests" / "test_kills.py").write_text("pytestmark = pytest.mark.alone")

    house.run("test")

    assert house.called("venv -m pytest -q -n auto --dist loadfile -m not alone\n")
    assert house.called("venv -m pytest -q -n 2 --dist loadfile -m alone tests/test_kills.py\n"), (
        "the others need not even be collected"
    )


def test_tests_that_are_named_run_as_they_are_named(house: House) -> None:
    house.run("test", "tests/rules", "-x")

    assert house.called("venv -m pytest -q tests/rules -x\n")


def test_bytecode_is_kept_whatever_the_machine_says(house: House) -> None:
    house.run("status")
    (house.root / ".venv/bin/hub").write_text("#!/bin/sh\necho ${PYTHONDONTWRITEBYTECODE-kept}\n")

    assert house.run("status", PYTHONDONTWRITEBYTECODE="1").stdout == "kept\n"


def test_a_failure_in_either_part_is_told(house: House) -> None:
    house.run("status")
    python = house.root / ".venv/bin/python"
    for failing in ("not alone", "-m alone"):
        python.write_text(f'#!/bin/sh\ncase "$*" in *"{failing}"*) exit 1 ;; esac\n')

        assert house.run("test").returncode == 1


def test_the_second_call_installs_nothing(house: House) -> None:
    house.run("status")

    done = house.run("status")

    assert not house.called("uv")
    assert done.stderr == ""


def test_uv_and_durable_rules_are_kept_out_of_what_is_synchronised(house: House) -> None:
    house.run("status")

    assert (house.root / ".boot/all.txt").read_text() == LOCK[: LOCK.index("durable")]
    assert (house.root / ".boot/uv.txt").read_text() == LOCK[LOCK.index("uv==") :]
    assert not house.called("durable.txt")


def test_a_changed_lock_is_installed(house: House) -> None:
    house.run("status")
    (house.root / "requirements.lock").write_text(LOCK.replace("1.0", "1.1"))

    house.run("status")

    assert house.called("uv pip sync")


def test_a_moved_folder_is_installed_anew(house: House) -> None:
    house.run("status")
    house.root = house.root.rename(house.root.with_name("moved"))

    house.run("status")

    assert house.called("uv venv")


def test_a_compiler_brings_durable_rules(house: House) -> None:
    done = house.run("status", COMPILER="/usr/bin/cc")

    assert house.called("--require-hashes -r .boot/durable.txt")
    assert "built-in predicate" not in done.stderr


def test_without_a_compiler_a_line_says_who_serves(house: House) -> None:
    done = house.run("status")

    assert "durable-rules left out" in done.stderr
    assert "the built-in predicate serves" in done.stderr


def test_a_compiler_that_comes_later_is_put_to_use(house: House) -> None:
    house.run("status")

    house.run("status", COMPILER="/usr/bin/cc")

    assert house.called(".boot/durable.txt")


def test_a_built_durable_rules_stays_when_the_compiler_goes(house: House) -> None:
    house.run("status", COMPILER="/usr/bin/cc")

    done = house.run("status")

    assert not house.called("uv")
    assert done.stderr == ""


def test_a_failed_build_is_told_once_and_not_tried_again_by_the_same_compiler(house: House) -> None:
    first = house.run("status", COMPILER="/usr/bin/cc", BROKEN="durable.txt")
    assert "durable-rules did not build" in first.stderr
    assert first.returncode == 7

    house.run("status", COMPILER="/usr/bin/cc", BROKEN="durable.txt")
    assert not house.called("uv")

    house.run("status", COMPILER="/usr/bin/clang")
    assert house.called(".boot/durable.txt")


@pytest.mark.parametrize("view", ["all.txt", "durable.txt"])
def test_a_wrong_hash_stops_everything(house: House, view: str) -> None:
    done = house.run("status", COMPILER="/usr/bin/cc", WRONG=view)

    assert done.returncode == 1
    assert "Hash mismatch" in done.stderr
    assert "requirements.lock" in done.stderr
    assert not house.called("-m venv"), "pip must not be asked for what uv refused"
    assert not (house.root / ".venv/.hub-stamp").exists()


def test_a_mirror_of_pip_is_told_to_uv_but_no_extra_index(house: House) -> None:
    house.run(
        "status", PIP_INDEX_URL="https://mirror/simple", PIP_EXTRA_INDEX_URL="https://old", PIP_FIND_LINKS="/wheels"
    )

    assert house.called("index https://mirror/simple, extra none, links none")


def test_a_mirror_in_pips_own_file_is_told_to_uv(house: House) -> None:
    house.put(
        "bare",
        BARE.replace('"-c "*) exec', '"-m pip") echo "global.index-url=\'https://kept/simple\'" ;;\n  "-c "*) exec'),
    )

    house.run("status")

    assert house.called("index https://kept/simple,")


def test_a_uv_that_does_not_run_is_passed_over(house: House) -> None:
    house.put("uv", '#!/bin/sh\necho "uv: command not found" >&2\nexit 127\n')

    done = house.run("status")

    assert "fetching uv" in done.stderr
    assert done.returncode == 2


def test_neither_uv_nor_pip_nor_venv_is_said_clearly(house: House) -> None:
    (house.bin / "uv").unlink()

    done = house.run("status")

    assert done.returncode == 2
    assert "neither pip nor a working venv" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_package_index_within_reach_is_a_part_that_is_down(house: House) -> None:
    house.put(
        "bare",
        BARE.replace("*) exit 1 ;;", '"-m venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;\n  *) exit 1 ;;'),
    )

    done = house.run("status", BROKEN="all.txt")

    assert done.returncode == 3
    assert "within reach" in done.stderr


def test_a_python_that_is_none_is_named(house: House) -> None:
    done = house.run("status", HUB_PYTHON="/bin/false")

    assert done.returncode == 2
    assert "HUB_PYTHON=/bin/false" in done.stderr


def test_a_shim_of_a_python_that_is_not_in_use_is_passed_over(house: House) -> None:
    house.put("python3.13", '#!/bin/sh\necho "pyenv: python3.13: command not found" >&2\nexit 127\n')
    house.put("python3.12", BARE)

    done = house.run("status", HUB_PYTHON="")

    assert f"({house.bin / 'python3.12'})" in done.stderr
    assert "pyenv" not in done.stderr


def test_two_calls_at_once_make_one_environment(house: House) -> None:
    house.calls.write_text("")
    command = [str(house.root / "garage"), "status"]
    both = [subprocess.Popen(command, env=house.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in "ab"]

    answers = [process.communicate()[0] for process in both]

    assert answers == [b"hub status\n"] * 2
    assert house.calls.read_text().count("uv pip sync") == 1
