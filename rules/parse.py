"""YAML text into mappings and lists that know where every key stands; whatever is wrong with the text has a place."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.constructor import ConstructorError, DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode

from rules.errors import Mark, Problem, RuleError

MOST_BYTES = 24_000  # a rule is read by people, and the densest file of this size is parsed in under a second
DEEPEST = 50


class Source:
    """One file: its document, the mark of any key or item in it, and its text."""

    def __init__(self, file: str, top: CommentedMap, text: str = "") -> None:
        self.file = file
        self.top = top
        self.text = text

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
    top = _load(text, file)
    if top is None:
        raise RuleError([Problem(start, "The file is empty.", "Delete it, or write a document.")])
    if not isinstance(top, CommentedMap):
        raise RuleError([Problem(start, "The document must be a mapping.", "Begin with segment:, policy: or mapping:")])
    return Source(file, top, text)


class PlainComposer(Composer):
    """Refuses what can hide what a rule says, make a small file endless, or name code: aliases, tags, merges, depth."""

    levels = 0  # Composer counts in `depth` for itself

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent) or event.anchor is not None:
            raise _refused(event, "Anchors and aliases are not read", "Write it out, or quote the text.")
        if getattr(event, "tag", None) is not None:
            raise _refused(event, f"The tag {str(event.tag)[:40]} is not read", "Remove it.")
        if self.levels >= DEEPEST:
            raise _refused(event, f"More than {DEEPEST} levels deep", "Split the condition.")
        self.levels += 1
        try:
            node = super().compose_node(parent, index)
        finally:
            self.levels -= 1
        if isinstance(node, MappingNode):
            for key, _ in node.value:
                if not isinstance(key, ScalarNode) or key.value == "<<":
                    raise _refused(key, "A key must be a plain word", "Quote it if it is text.")
        return node


class PlaceConstructor(RoundTripConstructor):
    """A value that is none (30 February, a number of 5,000 digits) or that no database keeps is refused at its place."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
        except (ValueError, OverflowError, ArithmeticError):
            raise ConstructorError(None, None, f"“{node.value[:40]}” is no value", node.start_mark) from None
        if isinstance(value, str) and any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value):
            raise ConstructorError(None, None, "this text has a sign that cannot be kept", node.start_mark)
        return value


def _refused(at: Any, what: str, hint: str) -> ComposerError:
    return ComposerError(None, None, what, at.start_mark, note=hint)


@lru_cache(maxsize=512)
def _documents(text: str) -> tuple[Any, ...]:
    """Remembered by the text, as parsing takes longest of all that is done with a file and few files change between two
    readings; nobody changes what comes out."""
    yaml = YAML(typ="rt", pure=True)
    yaml.allow_duplicate_keys = False
    yaml.Composer, yaml.Constructor = PlainComposer, PlaceConstructor
    return tuple(yaml.load_all(text))


def _load(text: str, file: str) -> Any:
    try:
        documents = _documents(text)
    except DuplicateKeyError as error:
        raise RuleError([_problem(error, file, "This key stands twice.", "Keep one of them.")]) from None
    except ComposerError as error:
        raise RuleError([_problem(error, file, f"{error.problem}.", error.note or "")]) from None
    except MarkedYAMLError as error:
        tab = "\\t" in str(error) or _line(text, error).lstrip(" ").startswith("\t")
        hint = "Indent with spaces, never with tabs." if tab else "Check the indentation, the colons and the value."
        what = f"This is no YAML: {error.problem or error.context or 'syntax'}."
        raise RuleError([_problem(error, file, what, hint)]) from None
    except (YAMLError, ValueError, RecursionError, AttributeError, TypeError, NotImplementedError) as error:
        what = f"This is no YAML ({type(error).__name__})."
        raise RuleError([Problem(Mark(file, 1, 1), what, "Check the values.")]) from None
    if len(documents) > 1:
        what = "The file has several documents."
        raise RuleError([Problem(Mark(file, 1, 1), what, "One file, one document: remove ---.")])
    return documents[0] if documents else None


def _line(text: str, error: MarkedYAMLError) -> str:
    lines = text.splitlines()
    mark = error.problem_mark or error.context_mark
    return lines[mark.line] if mark and mark.line < len(lines) else ""


def _problem(error: MarkedYAMLError, file: str, what: str, hint: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    return Problem(Mark(file, mark.line + 1, mark.column + 1) if mark else Mark(file, 1, 1), what, hint)
