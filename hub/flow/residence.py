"""Where a record belongs that declares a residence, and whose law protects whom it is about: as policies say, never by an address."""

from collections.abc import Collection, Iterator
from typing import Any

from hub.core import Hub
from hub.errors import Quarantined
from hub.policy import judge
from hub.sdk import Decision, Question


class Residences(Collection[str]):
    """Residences whose people are kept in this region; each is asked about once. connector: who told us."""

    def __init__(self, hub: Hub, connector: str = "hub") -> None:
        self.hub, self.connector = hub, connector
        self.said: dict[str, Decision] = {}

    def of(self, declared: str) -> Decision:
        """An allow names the law where it is not the one of the residence."""
        if declared not in self.said:
            self.said[declared] = judge(self.hub, Question(self.facts(declared), self.hub.clock(), "residence"))
        return self.said[declared]

    def facts(self, declared: str) -> dict[str, Any]:
        here = self.hub.here
        at_home = not here.residences or declared in here.residences
        return {"declared": declared, "at_home": at_home, "region": here.code, "law": here.jurisdiction,
                "connector": self.connector}  # fmt: skip

    def law(self, declared: str) -> str:
        return self.of(declared).law or declared

    def expect(self, declared: str | None) -> None:
        """Raises Quarantined for a residence whose people are not kept here."""
        if declared and declared not in self:
            what = f"A record declares residence in {declared}, which is not in {self.hub.region_code}."
            raise Quarantined(what, declared)

    def __contains__(self, declared: object) -> bool:
        return self.of(str(declared)).verdict == "allow"

    def __iter__(self) -> Iterator[str]:
        """Those that hub.yaml lists; a policy may know more of them, and fewer."""
        return iter(self.hub.here.residences)

    def __len__(self) -> int:
        return len(self.hub.here.residences)
