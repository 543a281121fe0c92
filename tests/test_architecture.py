"""The floor plan of setup.cfg holds."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_import_contract_is_kept():
    linter = Path(sys.executable).parent / "lint-imports"

    done = subprocess.run([linter, "setup.cfg", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_longer_than_a_reader_bears():
    long = {
        str(path.relative_to(ROOT)): count
        for package in ("hub", "rules", "connectors", "scoring", "portal", "compliance")
        for path in (ROOT / package).rglob("*.py")
        if "versions" not in path.parts and (count := len(path.read_text().splitlines())) > 300
    }

    assert long == {}
