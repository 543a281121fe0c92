"""What the books of two CRMs and two others say of promise 1: of all that was accepted, what was lost, doubled or out of order."""

from collections import Counter, defaultdict
from itertools import zip_longest

from hub.sdk.effects_log import EffectsLog

CRMS = {"hubspot": "garage_tier", "salesforce": "Garage_Tier__c"}  # where each writes a tier down


def judge(town, more_texts=0):
    """By the partners' books: each accepted version has its effects once, and each customer's follow one another. more_texts: that
    others than these versions have caused."""
    moves = defaultdict(list)
    for one in sorted(town.accepted, key=lambda one: one.version):
        moves[one.member].append(one.tier)
    calls = [[f"Call the customer: {tier}" for tier in row] for row in moves.values()]
    names = ("hubspot", "salesforce", "loyalty", "sms")
    books = {name: EffectsLog(town.folder / "partners" / f"{name}.db").rows() for name in names}

    found = Counter()
    for crm, tier in CRMS.items():
        found += compared(f"natural effects at {crm}", by_entity(books[crm], tier), moves.values())
        found += compared(f"askable effects at {crm}", by_entity(books[crm], "task"), calls)
    found += compared("keyed effects", by_entity(books["loyalty"], "tier_changed"), moves.values())
    assert not found, dict(found)
    for name, topic in (*((crm, "task") for crm in CRMS), ("loyalty", "tier_changed"), ("sms", "text")):
        keys = Counter(key for _, _, key, said, _, _ in books[name] if said == topic)
        assert not [key for key, count in keys.items() if count > 1], f"doubled at {name}"

    states = town.states()
    assert states["texts"]["sent"] <= len(books["sms"]) <= states["texts"]["sent"] + states["texts"]["unknown"]
    assert states["texts"]["sent"] + states["texts"]["unknown"] == len(town.accepted) + more_texts, states["texts"]
    assert set(states["crm"]) == set(states["desk"]) == set(states["partner_club"]) == {"sent"}
    assert town.count("dead_letters") == 0
    print(f"\n0 lost, 0 doubled, 0 out of order of {sum(map(len, books.values())) - len(books['sms']):,} effects")
    print(f"blind effects: {states['texts']['sent']} sent, {states['texts']['unknown']} unknown")
    print(f"strikes: {len(town.strikes)}: {town.struck()}")


def compared(where, told, wanted):
    """Per entity, effects that are lost, doubled, or there and out of their order."""
    missing, rest = [list(row) for row in wanted], []
    for row in told.values():
        if row in missing:
            missing.remove(row)
        else:
            rest.append(row)
    counts = Counter()
    for came, owed in zip_longest(sorted(rest), sorted(missing), fillvalue=[]):
        lost, doubled = Counter(owed) - Counter(came), Counter(came) - Counter(owed)
        counts[f"{where}: lost"] += lost.total()
        counts[f"{where}: doubled"] += doubled.total()
        counts[f"{where}: out of order"] += not lost and not doubled
    return counts


def by_entity(rows, topic):
    found = defaultdict(list)
    for _, _, _, said, entity, value in rows:
        if said == topic:
            found[entity].append(value)
    return found
