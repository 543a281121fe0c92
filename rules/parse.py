"""YAML text into mappings and lists that know where every key stands; whatever is wrong with the text has a place."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from rules.errors import Mark, Problem, RuleError

MOST_BYTES = 1_000_000
DEEPEST = 50
ALIAS = re.compile(r"(?m)(^|[\s:,\[{-])[&*][A-Za-z0-9_]")


class Source:
    """One file: its document, and the mark of any key or item in it."""

    def __init__(self, file: str, top: CommentedMap) -> None:
        self.file = file
        self.top = top

    def mark(self, block: Any, key: Any = None) -> Mark:
        """The place of a key in a mapping, of an item in a list, or of the block itself."""
        try:
            if isinstance(block, CommentedMap) and key in block:
                line, column = block.lc.key(key)
            elif isinstance(block, CommentedSeq) and isinstance(key, int):
                line, column = block.lc.item(key)
            else:
                line, column = block.lc.line, block.lc.col
        except (AttributeError, KeyError, TypeError):
            line, column = 0, 0
        return Mark(self.file, line + 1, column + 1)


def read(path: Path) -> Source:
    """Raises RuleError."""
    file = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RuleError([Problem(Mark(file, 1, 1), f"The file cannot be read ({error.strerror}).")]) from None
    return read_text(raw, file)


def read_text(raw: bytes, file: str) -> Source:
    start = Mark(file, 1, 1)
    if len(raw) > MOST_BYTES:
        raise RuleError([Problem(start, f"The file has {len(raw):,} bytes; {MOST_BYTES:,} is the most.", "Split it.")])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise RuleError([Problem(Mark(file, line, 1), "The file is not UTF-8.", "Save it as UTF-8.")]) from None
    _refuse_aliases(text, file)
    top = _load(text, file)
    if top is None:
        raise RuleError([Problem(start, "The file is empty.", "Delete it, or write a document.")])
    if not isinstance(top, CommentedMap):
        raise RuleError([Problem(start, "The document must be a mapping.", "Begin with segment: or policy:")])
    _refuse_depth(top, file)
    return Source(file, top)


def _load(text: str, file: str) -> Any:
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = False
    try:
        documents = list(yaml.load_all(text))
    except DuplicateKeyError as error:
        raise RuleError([_problem(error, file, "This key stands twice.", "Keep one of them.")]) from None
    except MarkedYAMLError as error:
        hint = (
            "Indent with spaces, never with tabs." if "\\t" in str(error) else "Check the indentation and the colons."
        )
        raise RuleError(
            [_problem(error, file, f"This is no YAML: {error.problem or error.context or 'syntax'}.", hint)]
        ) from None
    except (YAMLError, ValueError, RecursionError, AttributeError, TypeError) as error:
        raise RuleError(
            [Problem(Mark(file, 1, 1), f"This is no YAML ({type(error).__name__}).", "Check the values.")]
        ) from None
    if len(documents) > 1:
        raise RuleError(
            [Problem(Mark(file, 1, 1), "The file has several documents.", "One file, one document: remove ---.")]
        )
    return documents[0] if documents else None


def _problem(error: MarkedYAMLError, file: str, what: str, hint: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    return Problem(Mark(file, mark.line + 1, mark.column + 1) if mark else Mark(file, 1, 1), what, hint)


def _refuse_aliases(text: str, file: str) -> None:
    """Anchors can make a small file endless, and hide what a rule says: write it out."""
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.sub(r"\"[^\"]*\"|'[^']*'|(?:^|\s)#.*", "", line)
        match = ALIAS.search(bare)
        if match:
            raise RuleError(
                [
                    Problem(
                        Mark(file, number, match.start() + 1),
                        "Anchors and aliases are not read.",
                        "Write it out, or quote the text.",
                    )
                ]
            )


def _refuse_depth(top: Any, file: str) -> None:
    for depth, mark in _depths(top, 1, (0, 0)):
        if depth > DEEPEST:
            raise RuleError(
                [
                    Problem(
                        Mark(file, mark[0] + 1, mark[1] + 1),
                        f"More than {DEEPEST} levels deep.",
                        "Split the condition.",
                    )
                ]
            )


def _depths(block: Any, depth: int, mark: tuple[int, int]) -> Iterator[tuple[int, tuple[int, int]]]:
    yield depth, mark
    if depth > DEEPEST or not isinstance(block, CommentedMap | CommentedSeq):
        return
    place = (block.lc.line or 0, block.lc.col or 0)
    for item in block.values() if isinstance(block, CommentedMap) else block:
        yield from _depths(item, depth + 1, place)
