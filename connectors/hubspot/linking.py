"""Objects at HubSpot beside others, and contacts on lists: associated and taken apart in batches of 2,000, enlisted by list."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.sdk import Api, Outcome, PartnerError, Push, Refused, RetryLater

MOST = 2_000  # pairs to a call
LINKS = "links."  # before the kind of a link that HubSpot does not take, in `kept_out`

Pairs = dict[str, list[tuple[str, str, str]]]  # other kind -> (push key, own id, other id)


def link(
    api: Api, type_of: Callable[[str], str], kind: str, batch: Sequence[Push], told: Sequence[Outcome]
) -> list[Outcome]:
    """The links of pushes whose fields have arrived. One to an object that is gone is kept out; the rest is told.

    Both ways set a state, so after an outage the whole push may come again. Raises PartnerError with what is known."""
    ids = {one.key: one.partner_id for one in told if one.state == "sent"}
    ids |= {push.key: push.partner_id for push in batch if ids.get(push.key, "") is None}
    known = [(push, str(ids[push.key])) for push in batch if ids.get(push.key)]
    lost: dict[str, set[str]] = defaultdict(set)
    try:
        for other, pairs in _pairs(known, "remove").items():
            for some in _pieces(pairs):
                path = f"/crm/v4/associations/{type_of(kind)}/{type_of(other)}/batch/archive"
                api.request("POST", path, json={"inputs": [_apart(pair) for pair in some]})
        for other, pairs in _pairs(known, "add").items():
            for some in _pieces(pairs):
                path = f"/crm/v4/associations/{type_of(kind)}/{type_of(other)}/batch/associate/default"
                found = api.request("POST", path, json={"inputs": [_together(pair) for pair in some]})
                for pair in _refused(found, some):
                    lost[pair[0]].add(LINKS + other)
    except PartnerError as error:
        waiting = {push.key for push, _ in known if push.body.get("links")}
        error.outcomes = tuple(one for one in told if one.key not in waiting)
        raise
    return [replace(one, kept_out=(*one.kept_out, *sorted(lost[one.key]))) if one.key in lost else one for one in told]


def enlist(api: Api, batch: Sequence[Push], told: Sequence[Outcome]) -> list[Outcome]:
    """Who is in a segment is on its static list, who left is not. HubSpot's own segments (active lists) refuse it: such a list,
    and one that is gone, is named in `kept_out`. Raises PartnerError with what is known."""
    contacts = {one.key: one.partner_id for one in told if one.state == "sent" and one.partner_id}
    wanted: dict[str, dict[str, bool]] = defaultdict(dict)
    named: dict[str, set[str]] = defaultdict(set)
    for push in batch:  # in their order, so that the last word on somebody counts
        for number, inside in (push.body.get("members") or {}).items():
            if contact := contacts.get(push.key):
                wanted[number][contact] = inside
                named[push.key].add(number)
    lost: set[str] = set()
    try:
        for number, people in sorted(wanted.items()):
            body = {
                "recordIdsToAdd": [one for one, inside in people.items() if inside],
                "recordIdsToRemove": [one for one, inside in people.items() if not inside],
            }
            try:
                api.request("PUT", f"/crm/v3/lists/{number}/memberships/add-and-remove", json=body)
            except Refused:
                lost.add(number)
    except PartnerError as error:
        error.outcomes = tuple(one for one in told if one.key not in named)
        raise
    out = {key: tuple(f"members.{one}" for one in sorted(numbers & lost)) for key, numbers in named.items()}
    return [replace(one, kept_out=(*one.kept_out, *out.get(one.key, ()))) for one in told]


def _pairs(known: Sequence[tuple[Push, str]], way: str) -> Pairs:
    pairs: Pairs = defaultdict(list)
    for push, own in known:
        for other, ends in (push.body.get("links") or {}).items():
            pairs[other] += [(push.key, own, str(end)) for end in ends.get(way, ())]
    return pairs


def _pieces(pairs: Sequence[tuple[str, str, str]]) -> Iterator[Sequence[tuple[str, str, str]]]:
    for start in range(0, len(pairs), MOST):
        yield pairs[start : start + MOST]


def _together(pair: tuple[str, str, str]) -> dict[str, Any]:
    return {"from": {"id": pair[1]}, "to": {"id": pair[2]}}


def _apart(pair: tuple[str, str, str]) -> dict[str, Any]:
    return {"from": {"id": pair[1]}, "to": [{"id": pair[2]}]}


def _refused(found: Any, pairs: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Success is a result for the pair, whatever the status. Where some are named in errors only those are refused: an
    object that was merged answers under another id."""
    if not isinstance(found, Mapping) or not isinstance(found.get("results"), list):
        raise RetryLater("HubSpot answered links without results.", happened=True)
    if not found.get("errors"):
        return []
    named = set()
    for error in found["errors"]:
        said = error.get("context") or {}
        named |= {(own, end) for own in said.get("fromObjectId", ()) for end in said.get("toObjectId", ())}
    return [pair for pair in pairs if (pair[1], pair[2]) in named]
