"""What is said in a conversation: appended under its row's lock, so that the order is the database's, and read since a seq."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import Denied, KeyReused, NotFound, WrongInput
from hub.models import Conversation, Customer, Document, Person, Post
from hub.vault import OpenKey
from hub.work import Work
from rules.desks import LONGEST

MOST = LONGEST  # letters of one post
PAGE = 200  # posts to a reading
FILES = "files"  # among a post's attributes: refs of documents that came along
CHECKED = "file_checked"  # an event; `of` among its attributes: the seq of the post with which the file came
STAFF_ONLY = ("warned", "broken", "mail_failed")  # events about our own promises, and a mail that did not arrive


@dataclass(frozen=True)
class Enclosed:
    """A document that came along. state: as in Document; only what is released can be opened."""

    ref: str
    media: str
    state: str


@dataclass(frozen=True)
class Said:
    """A post, opened."""

    seq: int
    kind: str
    author: str
    author_id: int | None
    event: str | None
    attributes: Mapping[str, Any]
    text: str
    at: datetime
    files: Sequence[Enclosed] = ()


def locked(work: Work, ref: str) -> Conversation:
    """The conversation, and nobody else changes it until this transaction ends. Raises NotFound."""
    return _lock(work, Conversation.ref == ref)


def locked_by_id(work: Work, conversation_id: int) -> Conversation:
    return _lock(work, Conversation.id == conversation_id)


def _lock(work: Work, which: Any) -> Conversation:
    wanted = select(Conversation).where(which).with_for_update().execution_options(populate_existing=True)
    row = work.session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound("There is no such conversation.")
    return row


def put(work: Work, conversation: Conversation, post: Post) -> Post:
    """Give a post the next place; the caller holds the conversation."""
    conversation.seq += 1
    conversation.changed_at = work.now
    post.conversation_id, post.seq, post.at = conversation.id, conversation.seq, work.now
    work.add(post)
    work.session.flush()
    work.readers.add(conversation.customer_id)
    return post


def put_words(
    work: Work, conversation: Conversation, author: str, text: str, *, kind: str = "said", author_id: int | None = None,
    client_id: str | None = None, files: Sequence[str] = (),
) -> tuple[Post, bool]:  # fmt: skip
    """(post, is it new?). files: refs of documents that come along, with which there need be no words.

    Raises WrongInput for no words or too many, KeyReused where the name was used for other words, and Denied once the
    person's key is gone."""
    words = clean(text) if text.strip() or not files else ""
    key = key_of(work, conversation)
    known = _named(work, conversation, client_id)
    if known is not None:
        if open_words(work, key, known) != words:
            raise KeyReused("This message was sent before with other words.", "Send it again as a new one.")
        return known, False
    post = Post(id=work.ids.next(), kind=kind, author=author, author_id=author_id, client_id=client_id)
    post.sealed = work.vault.seal(key, words.encode(), f"posts.sealed:{post.id}")
    post.attributes = {FILES: list(files)} if files else None
    return put(work, conversation, post), True


def put_event(
    work: Work, conversation: Conversation, event: str, author_id: int | None = None, **attributes: Any
) -> Post:
    """A change of state, in the same sequence as the words."""
    post = Post(kind="event", author="desk", author_id=author_id, event=event, attributes=attributes or None)
    return put(work, conversation, post)


def tell_checked(work: Work, document: Document) -> None:
    """A document has become one that can be opened, or was refused: said where it came along with the customer's last words."""
    mine = (
        select(Conversation.id).where(Conversation.customer_id == document.customer_id).order_by(Conversation.id.desc())
    )
    last = work.session.scalars(mine.limit(1)).first()
    if last is None:
        return
    conversation = locked_by_id(work, last)
    enclosing = (Post.conversation_id == last, Post.attributes.is_not(None))
    for seq, told in work.session.execute(select(Post.seq, Post.attributes).where(*enclosing)).all():
        if document.ref in (told or {}).get(FILES, ()):
            put_event(work, conversation, CHECKED, of=seq)


def clean(text: str) -> str:
    """Without signs that draw nothing and can hide something; line breaks stay. Raises WrongInput."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    words = "".join(sign for sign in plain if sign == "\n" or sign.isprintable() or sign in "\u200c\u200d").strip()
    if not words:
        raise WrongInput("There are no words in this message.", "Write something first.")
    if len(words) > MOST:
        raise WrongInput("This message is too long.", "Send it in several.")
    return words


def key_of(work: Work, conversation: Conversation) -> OpenKey:
    """Raises Denied when the person was erased, or their data may not be used at present."""
    key_id, restricted_at = work.session.execute(_key(conversation)).one()
    if key_id is None or restricted_at is not None:
        raise Denied("Nothing can be written here any more.", "The data of this person are not used.")
    return work.key(key_id)


def _key(conversation: Conversation) -> Any:
    owner = select(Person.data_key_id, Person.restricted_at).join(Customer, Customer.person_id == Person.id)
    return owner.where(Customer.id == conversation.customer_id)


def open_words(work: Work, key: OpenKey, post: Post) -> str:
    return work.vault.unseal(key, post.sealed, f"posts.sealed:{post.id}").decode() if post.sealed else ""


def words_of(work: Work, post_ids: Collection[int]) -> Mapping[int, str]:
    """By the post's id, for a mail that says them; of somebody who was erased, none."""
    wanted = select(Post, Person.data_key_id).join(Conversation, Conversation.id == Post.conversation_id)
    theirs = wanted.join(Customer, Customer.id == Conversation.customer_id).join(
        Person, Person.id == Customer.person_id
    )
    rows = work.session.execute(theirs.where(Post.id.in_(post_ids), Person.data_key_id.is_not(None)))
    return {post.id: open_words(work, work.key(key_id), post) for post, key_id in rows}


def read_among(work: Work, post_ids: Collection[int]) -> set[int]:
    """Those that the customer has read."""
    read = (Post.id.in_(post_ids), Post.seq <= Conversation.seen_by_customer)
    wanted = select(Post.id).join(Conversation, Conversation.id == Post.conversation_id).where(*read)
    return set(work.session.scalars(wanted)) if post_ids else set()


def _named(work: Work, conversation: Conversation, client_id: str | None) -> Post | None:
    if client_id is None:
        return None
    mine = (Post.conversation_id == conversation.id, Post.client_id == client_id)
    return work.session.scalars(select(Post).where(*mine)).one_or_none()


def read(hub: Hub, session: Session, conversation: Conversation, since: int, *, staff: bool) -> list[Said]:
    """At most a page of posts after `since`, oldest first; a customer sees no notes and nothing of our promises."""
    mine = select(Post).where(Post.conversation_id == conversation.id, Post.seq > since)
    if not staff:
        mine = mine.where(Post.kind != "note", or_(Post.event.is_(None), Post.event.not_in(STAFF_ONLY)))
    rows = session.scalars(mine.order_by(Post.seq).limit(PAGE)).all()
    return _opened(hub, session, conversation, rows)


def read_up_to(hub: Hub, conversation: Conversation, side: str, seq: int) -> None:
    """One side has read so far; never backwards, and never further than there is something. side: customer or staff. Nothing is
    written where nothing is new: a page says it again at each look."""
    column = Conversation.seen_by_staff if side == "staff" else Conversation.seen_by_customer
    seen = conversation.seen_by_staff if side == "staff" else conversation.seen_by_customer
    if seen < seq <= conversation.seq:
        with hub.begin() as work:
            mine = update(Conversation).where(Conversation.id == conversation.id, column < seq)
            work.session.execute(mine.values({column.key: seq}))


def some(hub: Hub, session: Session, conversation: Conversation, seqs: Sequence[int]) -> Mapping[int, Said]:
    """By their seq, as they stand now."""
    mine = select(Post).where(Post.conversation_id == conversation.id, Post.seq.in_(seqs))
    return {said.seq: said for said in _opened(hub, session, conversation, session.scalars(mine).all())}


def latest(
    hub: Hub, session: Session, conversation: Conversation, count: int, *, staff: bool, key: OpenKey | None = None
) -> list[Said]:
    """The last posts, oldest first. key: of the customer, where it was opened before."""
    mine = select(Post).where(Post.conversation_id == conversation.id)
    if not staff:
        mine = mine.where(Post.kind != "note", or_(Post.event.is_(None), Post.event.not_in(STAFF_ONLY)))
    rows = session.scalars(mine.order_by(Post.seq.desc()).limit(count)).all()
    return _opened(hub, session, conversation, rows[::-1], key)


def key_in(hub: Hub, session: Session, conversation: Conversation) -> OpenKey | None:
    """For reading; none once the person was erased."""
    key_id = session.execute(_key(conversation)).one()[0]
    return hub.vault.open_keys(session, [key_id]).get(key_id) if key_id is not None else None


def _opened(
    hub: Hub, session: Session, conversation: Conversation, rows: Sequence[Post], key: OpenKey | None = None
) -> list[Said]:
    if rows and key is None:
        key = key_in(hub, session, conversation)
    files = _files(session, conversation, rows)
    return [_said(hub, key, row, files) for row in rows]


def enclosed_in(session: Session, conversation: Conversation) -> set[str]:
    """Refs of all documents that came along with it."""
    mine = (Post.conversation_id == conversation.id, Post.attributes.is_not(None))
    return {
        ref for told in session.scalars(select(Post.attributes).where(*mine)) for ref in (told or {}).get(FILES, ())
    }


def _files(session: Session, conversation: Conversation, rows: Sequence[Post]) -> Mapping[str, Enclosed]:
    """By ref; of this customer's documents alone, whatever a post names."""
    refs = [ref for row in rows for ref in (row.attributes or {}).get(FILES, ())]
    if not refs:
        return {}
    mine = select(Document).where(Document.customer_id == conversation.customer_id, Document.ref.in_(refs))
    return {row.ref: Enclosed(row.ref, row.media, row.state) for row in session.scalars(mine)}


def _said(hub: Hub, key: OpenKey | None, row: Post, files: Mapping[str, Enclosed]) -> Said:
    sealed = row.sealed if key is not None else None
    text = hub.vault.unseal(key, sealed, f"posts.sealed:{row.id}").decode() if key and sealed else ""
    told = row.attributes or {}
    came = tuple(files[ref] for ref in told.get(FILES, ()) if ref in files)
    return Said(row.seq, row.kind, row.author, row.author_id, row.event, told, text, row.at, came)
