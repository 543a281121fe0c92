"""The fenced blocks of a page of docs/: what is a file, what is run, what must come out, and what is shown only, with why."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

BLOCK = re.compile(
    r"^(?P<fence>```+)(?P<language>\w+)(?P<more>[^\n]*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL
)
SHOWN = re.compile(r"\*Shown only: (.+?)\*\n\n$", re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')
KEPT = "REF ID TOKEN MESSAGE KEY"  # variables that a page may carry from block to block
MEANWHILE = re.compile(r"<!-- meanwhile: (.+?) -->\n\n$")
BEGINS = re.compile(r"<!-- begins with: (\S+) -->")


@dataclass(frozen=True)
class Block:
    """title: the file that it is. shown: why it is not run, as the reader sees it. meanwhile: a command that runs from here on."""

    line: int
    language: str
    text: str
    title: str = ""
    shown: str = ""
    meanwhile: str = ""


def blocks_of(page: str) -> Iterator[Block]:
    for match in BLOCK.finditer(page):
        before = page[: match.start()]
        beside = MEANWHILE.search(before)
        before = MEANWHILE.sub("", before)
        shown, title = SHOWN.search(before), TITLE.search(match["more"])
        yield Block(
            page.count("\n", 0, match.start()) + 1,
            match["language"],
            match["text"],
            title[1] if title else "",
            " ".join(shown[1].split()) if shown else "",
            beside[1] if beside else "",
        )


def begins_with(page: str) -> str:
    """The page whose blocks come first, or nothing."""
    match = BEGINS.search(page)
    return match[1] if match else ""


@dataclass
class Reader:
    """Does what a page says, in order, in one folder; a `cd` counts for later blocks, too. state: a folder for what is kept."""

    folder: Path
    environ: Mapping[str, str]
    state: Path
    heard: str = ""
    beside: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def follow(self, page: str) -> None:
        for block in blocks_of(page):
            if block.meanwhile:
                self.beside.append(self._begin(block.meanwhile))
            elif not block.shown:
                self.take(block)

    def _begin(self, words: str) -> "subprocess.Popen[bytes]":
        """A command of a terminal of its own, in a session of its own, so that all of it can be ended."""
        return subprocess.Popen(
            [sys.executable, "-m", "hub.cli", *words.split()[1:]],
            cwd=self.folder,
            env=dict(self.environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def end(self) -> None:
        for process in self.beside:
            process.terminate()
            process.wait(30)

    def take(self, block: Block) -> None:
        """Raises AssertionError where a block does not do what the page says."""
        if block.title:
            path = self.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language in {"sh", "python"}:
            self.heard = self._run(block)
        elif block.language == "text":
            self._compare(block)
        else:
            raise AssertionError(f"line {block.line}: a block of {block.language} is a file (title=), or shown only")

    def _run(self, block: Block) -> str:
        """Variables and the place of the shell are kept for the next block."""
        script = block.text if block.language == "sh" else f"python3 - <<'PYTHON'\n{block.text}PYTHON\n"
        kept = f"{self.state}/variables"
        whole = f"set -e\n[ ! -f {kept} ] || . {kept}\n{script}\ndeclare -p {KEPT} 2>/dev/null > {kept} || true\npwd > {self.state}/place\n"
        done = subprocess.run(
            ["bash", "-c", whole],
            cwd=self.folder,
            env=dict(self.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"line {block.line}: exit {done.returncode}\n{block.text}\n{done.stdout}"
        self.folder = Path((self.state / "place").read_text().strip())
        return done.stdout

    def _compare(self, block: Block) -> None:
        """Each line of the block is a line of what came out, in this order; … stands for whatever it may be."""
        said = iter([line.rstrip() for line in self.heard.splitlines()])
        for line in filter(None, map(str.rstrip, block.text.splitlines())):
            pattern = re.sub(r"([\[*?])", r"[\1]", line).replace("…", "*")
            assert any(fnmatchcase(one, pattern) for one in said), (
                f"line {block.line}: “{line}” did not come out of\n{self.heard}"
            )
