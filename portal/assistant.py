"""The assistant in the chat: answers the easy questions from the customer's own data, and passes all others on to people."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select

from hub.core import Hub
from hub.flow import attendance, briefs, conversations
from hub.flow.conversations import Words
from hub.flow.desks import desk_named
from hub.flow.posts import key_of, open_words
from hub.models import Conversation, Customer, Post
from hub.work import Work
from portal.answers import Asking, answer
from portal.chain import Chain
from portal.languages import Tongue
from portal.me import Me
from rules.intents import Assistant, load_assistant

FILE = "assistant.yaml"
OF_NOBODY = {"hours"}  # questions whose answer says nothing of whoever asks


@dataclass(frozen=True)
class Setting:
    """Where it speaks: the chain's words for points, and the reader's language."""

    hub: Hub
    chain: Chain
    tongue: Tongue


def assistant_of(hub: Hub) -> Assistant:
    """Read again when the file has changed."""
    path = hub.settings.config / FILE
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return _read(path, stamp)


@lru_cache(maxsize=8)
def _read(path: Path, _stamp: int) -> Assistant:
    return load_assistant(path)


def respond(
    setting: Setting, work: Work, who: Me, conversation: Conversation, words: Words, *, proved: bool = True
) -> None:
    """To the customer's new words, while no person has the conversation. A file needs a person's eyes. proved: that it is they;
    else only what is nobody's is answered."""
    if conversation.state != "bot":
        return
    meant = assistant_of(setting.hub).understand(words.text)
    if words.files or meant.cause:
        pass_on(setting, work, conversation, meant.cause or "not_understood")
        return
    asking = Asking(setting.hub, work.session, who, setting.chain, setting.tongue, work.now)
    answered = [one for one in meant.intents if proved or one in OF_NOBODY]
    told = [answer(asking, intent) for intent in answered]
    if len(answered) < len(meant.intents):
        told.append(
            asking.say(
                "This I tell only somebody who is signed in. Sign in above and ask there, or ask for a person here."
            )
        )
    conversations.answer(work, conversation, "\n\n".join(told), intents=answered)


def ask_for_a_person(setting: Setting, work: Work, customer: Customer) -> None:
    """By the button: with or without a word before."""
    conversation = conversations.open_one(setting.hub, work, customer, setting.tongue.code)
    if conversation.state == "bot":
        pass_on(setting, work, conversation, "asked")


def pass_on(setting: Setting, work: Work, conversation: Conversation, cause: str) -> None:
    """To people, with what was asked and answered so far; the customer is told when an answer comes."""
    tried, summary = briefs.tried(work, conversation), briefs.summed_up(_asked(work, conversation))
    conversations.answer(work, conversation, _promise(setting, work, conversation))
    conversations.hand_off(setting.hub, work, conversation, cause, tried, summary)


def _promise(setting: Setting, work: Work, conversation: Conversation) -> str:
    """By the calendar of the desk: what is said here is what the timers hold us to."""
    say, desk = setting.tongue.say, desk_named(setting.hub, conversation.desk)
    by = attendance.answer_by(setting.hub, desk.name, work.now)
    found = [say("I pass this on to a person.")]
    if by is not None:
        is_open = attendance.is_open(setting.hub, desk.calendar, work.now)
        moment = setting.tongue.moment(by)
        found.append(
            say("A first answer comes by %(moment)s.", moment=moment)
            if is_open
            else say("Nobody is here right now. A first answer comes by %(moment)s.", moment=moment)
        )
    found.append(say("You need not wait here: the answer stands in this conversation, and we tell you by mail."))
    return " ".join(str(one.striptags()) for one in found)


def _asked(work: Work, conversation: Conversation) -> list[str]:
    """The customer's own words so far, the latest few."""
    mine = (Post.conversation_id == conversation.id, Post.author == "customer", Post.kind == "said")
    rows = work.session.scalars(select(Post).where(*mine).order_by(Post.seq.desc()).limit(briefs.LAST)).all()
    key = key_of(work, conversation)
    return [text for row in reversed(rows) if (text := open_words(work, key, row))]
