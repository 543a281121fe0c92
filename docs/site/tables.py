"""Markdown of the reference: tables, signatures, and words as they stand in the code."""

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    body = ["| " + " | ".join(cell(one) for one in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body])


def cell(value: object) -> str:
    """One line, and no bar that would end the cell; inside code a bar ends nothing."""
    parts = " ".join(str(value).split()).split("`")
    return "`".join(part if place % 2 else part.replace("|", "\\|") for place, part in enumerate(parts))


def code(value: object) -> str:
    return f"`{value}`" if str(value) else ""


def plain(text: str | None) -> str:
    """A docstring as Markdown: what looks like a tag is none."""
    return inspect.cleandoc(text or "").replace("<", "&lt;")


def signature(function: Callable[..., Any]) -> str:
    """As it is written, without the modules' names."""
    text = str(inspect.signature(function))
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z~])|[~']", "", text).replace("(self, ", "(").replace("(self)", "()")
