"""Segments as campaigns: who is in a segment is a member of its campaign, who left is none any more."""

from collections.abc import Sequence

from connectors.salesforce import words
from connectors.salesforce.soql_pages import Soql
from hub.sdk import Api, Outcome, PartnerError, Push

MOST = 200  # records of a collection
THERE = ("DUPLICATE_VALUE",)  # somebody else made them a member meanwhile


class Campaigns:
    def __init__(self, api: Api, root: str, soql: Soql) -> None:
        self.api, self.path, self.soql = api, f"{root}/composite/sobjects", soql

    def move(self, batch: Sequence[Push], told: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """A push says of each campaign whether its contact belongs there: what differs is told. A campaign that does not take
        somebody is named in `kept_out`. Raises PartnerError with what is known."""
        contacts = {one.key: one.partner_id for one in told if one.state == "sent" and one.partner_id}
        wanted: dict[tuple[str, str], bool] = {}
        pushes: dict[tuple[str, str], list[str]] = {}
        for push in batch:  # in their order, so that the last word on somebody counts
            for campaign, inside in (push.body.get("members") or {}).items():
                if (contact := contacts.get(push.key)) is not None:
                    wanted[campaign, contact] = inside
                    pushes.setdefault((campaign, contact), []).append(push.key)
        if not wanted:
            return tuple(told)
        try:
            lost = self._settle(wanted)
        except PartnerError as error:
            waiting = {key for keys in pushes.values() for key in keys}
            error.outcomes = tuple(one for one in told if one.key not in waiting)
            raise
        out = {key: f"members.{pair[0]}" for pair in lost for key in pushes[pair]}
        return tuple(
            Outcome(one.key, "sent", one.reason, partner_id=one.partner_id, kept_out=(out[one.key],))
            if one.key in out
            else one
            for one in told
        )

    def _settle(self, wanted: dict[tuple[str, str], bool]) -> list[tuple[str, str]]:
        """Answers the (campaign, contact) that are refused."""
        members = self._members(wanted)
        added = [pair for pair, inside in wanted.items() if inside and pair not in members]
        removed = [members[pair] for pair, inside in wanted.items() if not inside and pair in members]
        lost = []
        for start in range(0, len(added), MOST):
            some = added[start : start + MOST]
            rows = [words.member(campaign, contact) for campaign, contact in some]
            found = self.api.request("POST", self.path, json={"allOrNone": False, "records": rows})
            lost += [pair for pair, one in zip(some, found, strict=True) if words.code_of(one) not in ("", *THERE)]
        for start in range(0, len(removed), MOST):
            params = {"ids": ",".join(removed[start : start + MOST]), "allOrNone": "false"}
            self.api.request("DELETE", self.path, params=params)
        return lost

    def _members(self, pairs: dict[tuple[str, str], bool]) -> dict[tuple[str, str], str]:
        """(campaign, contact) -> the membership's id."""
        campaigns = ", ".join(words.quoted(one) for one in sorted({campaign for campaign, _ in pairs}))
        contacts = sorted({contact for _, contact in pairs})
        found: dict[tuple[str, str], str] = {}
        for start in range(0, len(contacts), MOST):
            some = ", ".join(words.quoted(one) for one in contacts[start : start + MOST])
            where = f"ContactId IN ({some}) AND CampaignId IN ({campaigns})"
            query = words.select("CampaignMember", ["Id", "CampaignId", "ContactId"], where, "Id", 2_000)
            found |= {(row["CampaignId"], row["ContactId"]): row["Id"] for row in self.soql.rows(query)}
        return found
