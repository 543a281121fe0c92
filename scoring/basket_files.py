"""Purchase histories in JSON: {customer: {"history": [[item, ...], ...], "next": [item, ...] or [[item, ...]]}}."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.errors import WrongInput

Item = int | str
FEWEST = 50


@dataclass(frozen=True)
class Shopper:
    """history: baskets in time order, oldest first. next: what the following basket held, or None where it is asked."""

    name: str
    history: tuple[frozenset[Item], ...]
    next: frozenset[Item] | None


def read(path: Path, *, answers: bool) -> list[Shopper]:
    """Sorted by name, so that order in the file changes nothing. Raises WrongInput and says which customer is wrong."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        raise WrongInput(f"{path} does not exist.", "Check the path.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise WrongInput(f"{path} is no JSON file that can be read: {str(error)[:200]}") from None
    if not isinstance(document, dict) or not document:
        raise WrongInput(f"{path}: customers are missing.", 'Write {customer: {"history": [[item, ...], ...]}}.')
    shoppers = [_shopper(path, name, entry, answers) for name, entry in sorted(document.items())]
    if answers and len(shoppers) < FEWEST:
        raise WrongInput(f"{path} has {len(shoppers)} customers.", f"At least {FEWEST} are needed to learn anything.")
    if answers and len({item for shopper in shoppers for item in shopper.next or ()}) < 2:
        raise WrongInput(f"{path}: every next basket holds the same item.", "There is nothing to rank.")
    return shoppers


def _shopper(path: Path, name: str, entry: Any, answers: bool) -> Shopper:
    where = f"{path}: customer “{name[:40]}”"
    if not isinstance(entry, dict) or not isinstance(entry.get("history"), list):
        raise WrongInput(f"{where} has no history.", 'Write "history": [[item, ...], ...].')
    history = tuple(_basket(where, basket) for basket in entry["history"])
    if not answers:
        return Shopper(name, tuple(basket for basket in history if basket), None)
    following = entry.get("next")
    if not isinstance(following, list) or not following:
        raise WrongInput(f"{where} has no next basket.", 'Write "next": [item, ...], or ask with --predict.')
    nested = following[0] if isinstance(following[0], list) else following
    return Shopper(name, tuple(basket for basket in history if basket), _basket(where, nested))


def _basket(where: str, basket: Any) -> frozenset[Item]:
    if not isinstance(basket, list):
        raise WrongInput(f"{where}: a basket must be a list of items.", "Write [item, ...].")
    for item in basket:
        if isinstance(item, bool) or not isinstance(item, int | str):
            raise WrongInput(f"{where}: “{str(item)[:40]}” is no item.", "Items are whole numbers or texts.")
    return frozenset(basket)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")
