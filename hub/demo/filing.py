"""The shop's papers, photos and clips on their way to its customers: by the door for documents, each under a key of its own."""

import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from hub.core import Hub
from hub.demo.papers import WORDS, ending_visits, ends_on, latest_visits, papers_of, visits_of
from hub.demo.rows import Pen
from hub.demo.somebody import somebody
from hub.demo.takes import SUFFIXES, takes_of
from hub.demo.world.books import Books
from hub.fonts import Fonts
from hub.models import Alias, Customer, Person

LATEST = 3  # visits and findings of a branch
OF_STAR = 4  # visits of whoever's pages are shown
PATIENCE = 60.0
KINDS = {"clip": "video", "photo": "photo"}


@dataclass(frozen=True)
class Sheet:
    """fields: of the form, beside the file."""

    fields: Mapping[str, str]
    name: str
    content: bytes


def number_of_somebody(hub: Hub) -> str:
    """The shop's number of the customer whose pages the demo shows; empty while there is nobody."""
    with hub.look() as session:
        ref = somebody(session, hub.clock())
        numbered = (
            select(Alias.sealed, Alias.person_id, Person.data_key_id)
            .join(Person, Person.id == Alias.person_id)
            .join(Customer, Customer.person_id == Person.id)
            .where(Customer.ref == (ref or ""), Alias.kind == "customer_number")
        )
        found = session.execute(numbered).first()
        if found is None:
            return ""
        sealed, person_id, key_id = found
        key = hub.vault.open_key(session, key_id)
        return hub.vault.unseal(key, sealed, f"alias:customer_number:{person_id}").decode()


def sheets_of(books: Books, fonts: Fonts, star: str) -> Iterator[Sheet]:
    """Those of the last visits, of the star's, and of warranties that end soon; a paper that is two of them is told once."""
    pen, starring = Pen(books), visits_of(books, star, OF_STAR)
    visits = list(dict.fromkeys([*starring, *latest_visits(books, LATEST), *ending_visits(books, LATEST)]))
    for paper in papers_of(books, fonts, visits):
        day = books.day(int(books.visits["day"][paper.visit]))
        ends = {"ends_on": ends_on(day).isoformat()} if paper.kind == "warranty" else {}
        title = f"{_words(books, paper.visit)[paper.kind]} {paper.number}"
        yield _sheet(pen, paper.visit, paper.number, paper.kind, title, f"{paper.number}.pdf", paper.content, ends)
    takes = {take.finding + take.kind: take for take in takes_of(books, LATEST)}
    takes |= {take.finding + take.kind: take for take in takes_of(books, LATEST, set(starring))}
    for key, take in takes.items():
        title = take.defect.capitalize() if _words(books, take.visit) is WORDS["en"] else ""
        name = f"{take.finding}.{SUFFIXES[take.kind]}"
        yield _sheet(pen, take.visit, key, KINDS[take.kind], title, name, take.content, {})


def _sheet(
    pen: Pen, visit: int, key: str, kind: str, title: str, name: str, content: bytes, more: Mapping[str, str]
) -> Sheet:
    books = pen.books
    owner, day = int(books.visits["owner"][visit]), int(books.visits["day"][visit])
    fields = {"key": key, "customer": books.people.number(owner), "kind": kind, "title": title, "visit": pen.key("S", visit),
              "issued_on": books.day(day).isoformat(), **more}  # fmt: skip
    return Sheet(fields, name, content)


def _words(books: Books, visit: int) -> Mapping[str, str]:
    return WORDS[books.people.tongue_of(int(books.visits["owner"][visit])).language]


def send(door: str, token: str, sheet: Sheet) -> None:
    """Until it is taken or refused for good; a repeat is under the same key and changes nothing."""
    body, boundary = form_of(sheet)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Idempotency-Key": f"demo-{sheet.fields['key']}",
    }
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        request = urllib.request.Request(door, body, headers)  # noqa: S310 - our own loopback
        try:
            with urllib.request.urlopen(request, timeout=20):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 409:
                return
        except OSError:
            pass
        time.sleep(0.5)


def form_of(sheet: Sheet) -> tuple[bytes, str]:
    """multipart/form-data (RFC 7578), and its boundary, which follows from the key."""
    boundary = uuid.uuid5(uuid.NAMESPACE_URL, sheet.fields["key"]).hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in sheet.fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{sheet.name}"\r\n\r\n'
    return b"".join(parts) + head.encode() + sheet.content + f"\r\n--{boundary}--\r\n".encode(), boundary
