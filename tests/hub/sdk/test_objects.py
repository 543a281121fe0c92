"""Objects of a partner: what is absent says nothing, and what connectors implement is found by looking at them."""

from collections.abc import Sequence
from typing import ClassVar

from hub.sdk import FieldShape, Listing, Lists, Seen
from hub.sdk.objects import Describes, Observes


class Shelf:
    kinds: ClassVar[tuple[str, ...]] = ("contact",)

    def list(self, kind: str, fields: Sequence[str], cursor: str | None) -> Listing:
        return Listing([Seen(kind, "1", fields=dict.fromkeys(fields))], None, total=1)

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Seen]:
        return [Seen(kind, one, state="missing") for one in ids]

    def describe(self, kind: str) -> Sequence[FieldShape]:
        return [FieldShape("email", "text", unique=True)]


def test_a_connector_is_known_by_what_it_can_do() -> None:
    shelf = Shelf()
    assert isinstance(shelf, Lists)
    assert isinstance(shelf, Describes)
    assert not isinstance(shelf, Observes)


def test_a_field_that_is_absent_says_nothing_and_one_that_is_none_is_empty() -> None:
    (seen,) = Shelf().list("contact", ["email"], None).seen
    assert seen.fields == {"email": None}
    assert "phone" not in seen.fields
    assert seen.state == "live"
