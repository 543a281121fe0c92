"""A document's hash says whether it is the same rule."""

from datetime import date

from rules.documents import content_hash, plain
from rules.parse import read_text


def hash_of(text: str) -> str:
    return content_hash(read_text(text.encode(), "rule.yaml").top)


def test_comments_and_the_order_of_keys_do_not_make_another_rule() -> None:
    assert hash_of("a: 1\nb: [x, y]\n") == hash_of("# new\nb: [x, y] # same\na: 1\n")


def test_another_value_or_order_of_items_does() -> None:
    assert (
        len({hash_of("b: [x, y]"), hash_of("b: [y, x]"), hash_of("b: [x, 'z']"), hash_of("b: 1"), hash_of("b: '1'")})
        == 5
    )


def test_days_become_text() -> None:
    assert plain({"on": date(2026, 1, 31), "list": (1, None)}) == {"on": "2026-01-31", "list": [1, None]}
