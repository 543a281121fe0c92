"""What people write back to the mails of the sandbox: a few words of their own above what they quote, as mail programs do."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random

WORDS: Mapping[str, Sequence[str]] = {
    "en": ("Tomorrow at nine would suit me. Is that still free?", "Thank you. What would it cost with the winter wheels?",
           "Could you bring the car back to me in the evening?"),
    "de": ("Morgen um neun würde mir passen. Ist da noch etwas frei?", "Danke. Was würde es mit den Winterrädern zusammen kosten?",
           "Könnten Sie mir den Wagen abends zurückbringen?"),
    "ar": ("يناسبني غدا في التاسعة صباحا. هل ما زال الموعد متاحا؟", "شكرا. كم تكون التكلفة مع فحص البطارية؟"),
    "th": ("พรุ่งนี้เก้าโมงสะดวกค่ะ ยังว่างอยู่ไหมคะ", "ขอบคุณค่ะ ถ้าเปลี่ยนยางด้วยราคาเท่าไรคะ"),
}  # fmt: skip


def answer_to(message: EmailMessage, rng: Random, at: datetime) -> EmailMessage:
    """From whom it went to, about what it said; under an id that follows from its own, so that it is the same again."""
    key, language = str(message["Message-ID"]), str(message.get("Content-Language", "en"))
    answer, said = EmailMessage(), message.get_body(("plain",))
    answer["From"], answer["To"] = str(message["To"]), str(message["From"])
    answer["Subject"] = f"Re: {message['Subject']}"
    answer["Date"] = format_datetime(at)
    answer["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@customers.example>"
    answer["In-Reply-To"] = answer["References"] = key
    quoted = [f"> {line}" for line in (said.get_content() if said else "").splitlines()]
    words = rng.choice(WORDS.get(language, WORDS["en"]))
    answer.set_content("\n".join([words, "", f"{message['From']}:", *quoted, ""]))
    return answer
