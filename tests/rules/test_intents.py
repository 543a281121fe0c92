"""What the assistant understands: the same words, the same meaning, in four languages; everything else is for people."""

from pathlib import Path

import pytest

from rules.intents import Assistant, load_assistant, problems_of

FILE = Path(__file__).parents[2] / "config" / "assistant.yaml"


@pytest.fixture(scope="module")
def assistant() -> Assistant:
    return load_assistant(FILE)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("How many points do I have?", "points"), ("Wie viele Punkte habe ich?", "points"),
        ("كم نقطة لديّ؟", "points"), ("ฉันมีคะแนนเท่าไหร่", "points"),
        ("When is my next APPOINTMENT", "appointment"), ("Wann ist mein Termin?", "appointment"),
        ("متى موعدي القادم؟", "appointment"), ("นัดครั้งถัดไปเมื่อไหร่", "appointment"),
        ("Is my car ready yet?", "ready"), ("Ist mein Auto schon fertig?", "ready"),
        ("هل سيارتي جاهزة؟", "ready"), ("รถเสร็จหรือยังคะ", "ready"),
        ("Is it safe to drive?", "safe"), ("Ist mein Auto noch sicher?", "safe"),
        ("هل سيارتي آمنة؟", "safe"), ("ยังขับต่อได้ไหม", "safe"),
        ("When are you open on Saturday?", "hours"), ("Eure Öffnungszeiten bitte", "hours"),
        ("ما هي ساعات العمل؟", "hours"), ("เปิดกี่โมง", "hours"),
        ("Where is my last invoice?", "invoice"), ("Was stand auf der Rechnung?", "invoice"),
        ("أريد الفاتورة الأخيرة", "invoice"), ("ขอดูใบเสร็จล่าสุด", "invoice"),
    ],
)  # fmt: skip
def test_an_easy_question_is_understood_in_each_language(assistant: Assistant, text: str, meant: str) -> None:
    assert assistant.understand(text).intents == (meant,)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("I want to speak to a person about my invoice", "asked"), ("Ich möchte mit einem Menschen sprechen", "asked"),
        ("أريد التحدث إلى موظف", "asked"), ("ขอคุยกับคนค่ะ", "asked"),
        ("My invoice is wrong", "not_understood"), ("Aus meinem Auto kommt Rauch, wann ist mein Termin?", "not_understood"),
        ("هناك خطأ في الفاتورة", "not_understood"), ("ใบเสร็จผิดค่ะ", "not_understood"),
        ("There is a hum in the front left wheel", "not_understood"), ("", "not_understood"),
        ("points, invoice and opening hours please", "not_understood"),
        ("appointment " + "and then something else happened " * 6, "not_understood"),
    ],
)  # fmt: skip
def test_a_person_takes_what_is_no_easy_question(assistant: Assistant, text: str, cause: str) -> None:
    meant = assistant.understand(text)

    assert (meant.intents, meant.cause) == ((), cause)


def test_two_questions_are_both_understood(assistant: Assistant) -> None:
    assert assistant.understand("Is my car ready, and when do you close?").intents == ("ready", "hours")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    th: [คะแนน, แต้ม]\n", "", "“points” has no words in “th”"),
        ("[points,", "[invoice, points,", "already means “points”"),
        ("[points,", "[p,", "“p” is no phrase"),
        ("  points:", "  point:", "“point” is no key here"),
        ("longest: 160", "longest: soon", "“longest” is a whole number"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "assistant.yaml"
    path.write_text(FILE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    told = problems_of(path)

    assert any(words in one and f"{path}:" in one for one in told), told


def test_without_a_file_everything_is_for_people(tmp_path: Path) -> None:
    assert load_assistant(tmp_path / "none.yaml").understand("points?").cause == "not_understood"
