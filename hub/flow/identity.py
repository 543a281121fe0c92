"""Who a record is about: by our ref, by the partner's id, by our own number; else somebody new, unless erased before."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import phonenumbers
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from hub.core import Partner
from hub.flow.batches import batches, these
from hub.flow.held import Held
from hub.models import Alias, Customer, Link, Merger, Person, Profile, Tombstone, new_ref
from hub.sdk import CustomerKey
from hub.work import Work

# A link that was merged at the partner leads on. Made once, as the statements are: making one costs more than the look-up.
WINNER = aliased(Link)
BY_LINKS = (
    select(Link.hash, Customer, Person)
    .outerjoin(WINNER, WINNER.id == Link.replaced_by)
    .join(Customer, Customer.id == func.coalesce(WINNER.about_id, Link.about_id))
    .join(Person, Person.id == Customer.person_id)
    .where(
        Link.connection_id == bindparam("connection"),
        Link.about == "customer",
        Link.hash.in_(bindparam("hashes", expanding=True)),
    )
)
BY_NUMBERS = (
    select(Alias.hash, Customer, Person)
    .join(Person, Person.id == Alias.person_id)
    .join(Customer, Customer.person_id == Person.id)
    .where(Alias.kind == "customer_number", Alias.hash.in_(bindparam("hashes", expanding=True)))
)
# A customer who was merged is told of by the old ref for a while.
NAMED = aliased(Customer)
BY_REFS = (
    select(NAMED.ref, Customer, Person)
    .outerjoin(Merger, Merger.lost_id == NAMED.id)
    .join(Customer, Customer.id == func.coalesce(Merger.kept_id, NAMED.id))
    .join(Person, Person.id == Customer.person_id)
    .where(NAMED.ref.in_(bindparam("refs", expanding=True)))
)
LOCKED = select(Customer.id, Customer.ref).where(these(Customer.id)).order_by(Customer.id).with_for_update()


@dataclass(frozen=True)
class Known:
    """A customer, and the person whose key protects their values (None: shredded)."""

    customer: Customer
    person: Person


class Identities:
    """The customers of one batch of records, looked up together, locked, and made where they are new. profiled: whether those count
    as customers, or have only asked something (hub.flow.strangers)."""

    def __init__(self, work: Work, partner: Partner, jurisdiction: str, *, profiled: bool = True) -> None:
        self.work = work
        self.partner = partner
        self.jurisdiction = jurisdiction
        self.profiled = profiled
        self.by_partner_id: dict[str, Known] = {}
        self.by_number: dict[str, Known] = {}
        self.by_ref: dict[str, Known] = {}
        self.made: set[int] = set()
        self.held = Held(work)
        self.erased: set[tuple[str, bytes]] = set()
        self.erased_refs: set[str] = set()
        self.marks: dict[CustomerKey, Sequence[tuple[str, str]]] = {}

    def load(
        self, keys: Iterable[CustomerKey], marks: Mapping[CustomerKey, Sequence[tuple[str, str]]] | None = None
    ) -> None:
        """Look all of them up in a few statements and lock their rows in id order, so that two workers never wait in a ring.

        marks: folded e-mails and phones that came with a key; they name nobody, but they give away somebody erased."""
        wanted = list(dict.fromkeys(keys))  # a history names the same ones again and again
        self.marks = {**self.marks, **(marks or {})}
        self._by_links({key.partner_id for key in wanted} - self.by_partner_id.keys())
        self._by_numbers({key.customer_number for key in wanted if key.customer_number} - self.by_number.keys())
        self._by_refs({key.ref for key in wanted if key.ref} - self.by_ref.keys())
        found = {
            id(one): one for one in [*self.by_partner_id.values(), *self.by_number.values(), *self.by_ref.values()]
        }
        lock_customers(self.work, [one.customer.id for one in found.values()])
        self._find_erased([key for key in wanted if self._known(key) is None])

    def load_held(self, keys: Iterable[CustomerKey]) -> None:
        """Personal values and aliases of those we know, before somebody asks for them one by one."""
        known = (self._known(key) for key in keys)
        ids = [one.person.id for one in known if one is not None]
        self.held.load(ids)
        self.work.open_keys.update(self.work.vault.open_keys(self.work.session, self._closed(ids)))

    def ids_of(self, keys: Iterable[CustomerKey]) -> set[int]:
        """Of those we know already."""
        return {known.customer.id for key in keys if (known := self._known(key)) is not None}

    def _closed(self, person_ids: Sequence[int]) -> list[int]:
        found = [*self.by_partner_id.values(), *self.by_number.values(), *self.by_ref.values()]
        wanted = set(person_ids)
        keys = {one.person.data_key_id for one in found if one.person.id in wanted}
        return [key for key in keys if key is not None and key not in self.work.open_keys]

    def of(self, key: CustomerKey) -> Known | None:
        """The customer of this key, made if need be; None for somebody who was erased or moved away, and is not to come back so."""
        known = self._known(key)
        if known is not None and known.person.moved_to:
            return None  # their home is another region: what is told of them here makes nothing, and changes nothing
        if known is None:
            if self.was_erased(key):
                return None
            known = self._make()
        self._remember(key, known)
        return known

    def find(self, key: CustomerKey) -> Known | None:
        """The customer of this key, if there is one; its link is learned, nobody is made."""
        known = self._known(key)
        if known is not None and known.person.moved_to:
            return None
        if known is not None:
            self._remember(key, known)
        return known

    def _by_links(self, partner_ids: set[str]) -> None:
        kind = f"link:{self.partner.id}:customer"
        hashes = {blind: one for one in partner_ids for blind in self.work.vault.blinds(self.work.session, kind, one)}
        for batch in batches(hashes):
            rows = self.work.session.execute(BY_LINKS, {"connection": self.partner.id, "hashes": batch})
            self.by_partner_id.update({hashes[blind]: Known(customer, person) for blind, customer, person in rows})

    def _by_numbers(self, numbers: set[str]) -> None:
        hashes = {
            blind: one for one in numbers for blind in self.work.vault.blinds(self.work.session, "customer_number", one)
        }
        for batch in batches(hashes):
            rows = self.work.session.execute(BY_NUMBERS, {"hashes": batch})
            self.by_number.update({hashes[blind]: Known(customer, person) for blind, customer, person in rows})

    def _by_refs(self, refs: set[str]) -> None:
        for batch in batches(refs):
            for ref, customer, person in self.work.session.execute(BY_REFS, {"refs": batch}):
                if person.erased_at is None:
                    self.by_ref[ref] = Known(customer, person)
                else:
                    self.erased_refs.add(ref)

    def _known(self, key: CustomerKey) -> Known | None:
        return (
            self.by_ref.get(key.ref or "")
            or self.by_partner_id.get(key.partner_id)
            or self.by_number.get(key.customer_number or "")
        )

    def was_erased(self, key: CustomerKey) -> bool:
        """By our ref, a number or the partner's id; or by every e-mail and phone that came along: families share some."""
        if not self.erased:
            return key.ref in self.erased_refs
        marks = self._marks_of(key)
        named = not self.erased.isdisjoint(self._names_of(key))
        return key.ref in self.erased_refs or named or bool(marks and marks <= self.erased)

    def _names_of(self, key: CustomerKey) -> set[tuple[str, bytes]]:
        """What tombstones of this key would look like."""
        names = [(f"link:{self.partner.id}:customer", key.partner_id)]
        if key.customer_number:
            names.append(("customer_number", key.customer_number))
        return {tombstone_of(self.work, kind, value) for kind, value in names}

    def _marks_of(self, key: CustomerKey) -> set[tuple[str, bytes]]:
        return {tombstone_of(self.work, kind, value) for kind, value in self.marks.get(key, ())}

    def _find_erased(self, strangers: Iterable[CustomerKey]) -> None:
        hashes = {blind for key in strangers for _, blind in self._names_of(key) | self._marks_of(key)}
        for batch in batches(hashes):
            rows = select(Tombstone.kind, Tombstone.hash).where(
                Tombstone.hash.in_(batch), Tombstone.expires_at > self.work.now
            )
            self.erased |= {(kind, blind) for kind, blind in self.work.session.execute(rows)}

    def _make(self) -> Known:
        work = self.work
        key_id = work.new_key("person").id
        person = work.put(Person, ref=new_ref(), jurisdiction=self.jurisdiction, made_at=work.now, data_key_id=key_id)
        customer = work.put(
            Customer,
            ref=new_ref(),
            person_id=person.id,
            version=1,
            made_at=work.now,
            branch=None,
            language=None,
            joined_on=None,
        )
        if self.profiled:
            work.put(Profile, customer_id=customer.id, jurisdiction=self.jurisdiction, visits_count=0, complaints_count=0,
                     vehicles_count=0, changed_at=work.now)  # fmt: skip
        work.new_refs.append(customer.ref)
        self.made.add(customer.id)
        self.held.born(person.id)
        return Known(customer, person)

    def _remember(self, key: CustomerKey, known: Known) -> None:
        if key.partner_id not in self.by_partner_id:
            self.by_partner_id[key.partner_id] = known
            link(self.work, self.partner, "customer", key.partner_id, known.customer.id, known.person)
        if key.customer_number and key.customer_number not in self.by_number:
            self.by_number[key.customer_number] = known
            set_alias(self.work, self.held, known.person, "customer_number", key.customer_number, several=True)
        self.by_ref.setdefault(known.customer.ref, known)


def tombstone_of(work: Work, kind: str, value: str) -> tuple[str, bytes]:
    """(kind, keyed hash) under the key that is never rotated: a tombstone outlives the epochs it is kept through."""
    return kind.partition(":")[0], work.vault.fingerprint("tombstone", kind, value)


def lock_customers(work: Work, ids: Iterable[int]) -> dict[int, str]:
    """All that happens to a customer happens under the lock of its row (SQLite: the transaction is the lock). Their refs."""
    return {customer_id: ref for customer_id, ref in work.session.execute(LOCKED, {"ids": list(ids)})}


def link(work: Work, partner: Partner, about: str, partner_id: str, about_id: int, person: Person) -> Link:
    epoch = work.vault.epochs(work.session)[0]
    return work.put(
        Link,
        connection_id=partner.id,
        about=about,
        about_id=about_id,
        person_id=person.id,
        hash=work.vault.blind(epoch, f"link:{partner.id}:{about}", partner_id),
        epoch=epoch,
        sealed=work.vault.seal(work.key(person.data_key_id), partner_id.encode(), f"link:{about}:{person.id}"),
    )


def set_alias(work: Work, held: Held, person: Person, kind: str, value: str, *, several: bool = False) -> None:
    """Let a person be found by this value. several: beside the ones they have (numbers, name words), else instead of them."""
    epoch = work.vault.epochs(work.session)[0]
    blind = work.vault.blind(epoch, kind, value)
    rows = held.aliases_of(person.id, kind)
    if any(row.hash == blind for row in rows):
        return
    sealed = work.vault.seal(work.key(person.data_key_id), value.encode(), f"alias:{kind}:{person.id}")
    if rows and not several:
        rows[0].hash, rows[0].epoch, rows[0].sealed = blind, epoch, sealed
    else:
        rows.append(work.put(Alias, person_id=person.id, kind=kind, hash=blind, epoch=epoch, sealed=sealed))


def fold_email(value: str) -> str:
    return value.strip().casefold()


def fold_phone(value: str, country: str | None) -> str:
    """E.164 where it is a number of a known plan, else its digits: a bad number is kept, not lost."""
    try:
        number = phonenumbers.parse(value, country)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", value)


def name_words(value: str) -> set[str]:
    """Words of a name without accents and case, in any script."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", value.casefold()) if not unicodedata.combining(c))
    return set(re.findall(r"\w+", plain))


def fold_plate(value: str) -> str:
    return re.sub(r"\W", "", value).upper()
