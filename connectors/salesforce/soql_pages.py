"""Questions in SOQL, page after page, with what the answers promise checked."""

from typing import Any

from hub.sdk import Api, RetryLater


class Soql:
    def __init__(self, api: Api, root: str) -> None:
        self.api, self.root = api, root

    def rows(self, soql: str, verb: str = "query") -> list[dict[str, Any]]:
        """queryAll looks into the bin, too. Raises PartnerError."""
        found = self.api.request("GET", f"{self.root}/{verb}", params={"q": soql})
        rows = _records(found)
        while not found.get("done", True):  # fewer than asked for, if records are wide
            found = self.api.request("GET", found["nextRecordsUrl"])
            rows += _records(found)
        return [{name: value for name, value in row.items() if name != "attributes"} for row in rows]


def _records(found: Any) -> list[dict[str, Any]]:
    """An answer without a list is no empty list: it says nothing about anybody."""
    if not isinstance(found, dict) or not isinstance(found.get("records"), list):
        raise RetryLater("Salesforce answered a query without records.")
    return [*found["records"]]
