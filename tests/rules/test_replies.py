"""What an answer to a text means, in every language we speak; and mistakes in the file, at their place."""

from pathlib import Path

import pytest

from rules.errors import RuleError
from rules.parse import read_text
from rules.replies import Replies, load_replies, read_replies

CONFIG = Path(__file__).parents[2] / "config"
GIVEN = "{default: {purposes: [service_notice], source: law, reviewed_on: 2026-11-27}}"
WORDS = "{en: [%s], de: [%s], ar: [%s], th: [%s]}"
STOP, START = WORDS % ("stop", "stopp", "قف", "หยุด"), WORDS % ("start", "los", "ابدأ", "เริ่ม")


def read(stop: str = STOP, start: str = START, back: str = GIVEN) -> Replies:
    text = f"stop: {stop}\nstart: {start}\ngives_back: {back}\n"
    return read_replies(read_text(text.encode(), "replies.yaml"), {"service_notice", "marketing"})


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("STOP", "stop"), (" Stop! ", "stop"), ("stopp.", "stop"), ("Stop all", "stop"), ("UNSUBSCRIBE", "stop"),
        ("\u200fإيقاف\u200f", "stop"), ("ايقاف", "stop"), ("إلغاء الاشتراك", "stop"), ("หยุด", "stop"), ("หยุด!", "stop"),
        ("start", "start"), ("เริ่ม", "start"), ("ابدأ", "start"),
        ("Please stop by my office", "said"), ("I do not want to stop", "said"), ("", "said"), ("👍", "said"),
        ("stop stop", "said"),
    ],
)  # fmt: skip
def test_an_answer_is_compared_as_a_whole_and_without_marks(text: str, meaning: str) -> None:
    assert load_replies(CONFIG).meaning(text) == meaning


def test_what_start_gives_back_depends_on_where_they_live_and_is_nothing_without_a_file(tmp_path: Path) -> None:
    ours = load_replies(CONFIG)
    assert ours.given_back("DE") == {"service_notice"}
    assert ours.given_back("US") == {"service_notice", "marketing"}
    assert ours.given_back("AE") == set()
    assert load_replies(tmp_path) == Replies()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"stop": "{en: [stop], de: [stopp], ar: [قف]}"}, "replies.yaml:1:7: “stop” has no words in “th”."),
        ({"start": WORDS % ("Stop", "los", "ابدأ", "เริ่ม")}, "replies.yaml:2:14: “Stop” already means “stop”."),
        ({"start": WORDS % ("'!?'", "los", "ابدأ", "เริ่ม")}, "replies.yaml:2:14: “!?” is no answer."),
        ({"back": "{Germany: {purposes: [], source: law, reviewed_on: 2026-11-27}}"}, "“Germany” is no jurisdiction."),
        ({"back": "{default: {purposes: [markting], source: law, reviewed_on: 2026-11-27}}"},
         "replies.yaml:3:35: Nothing is sent for “markting”. Did you mean “marketing”?"),
        ({"back": "{default: {purposes: [marketing]}}"}, "What START gives back names where that was read, and when."),
        ({"back": "all"}, "replies.yaml:3:1: “gives_back” is missing, or no mapping."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_how_to_mend_it(given: dict[str, str], problem: str) -> None:
    with pytest.raises(RuleError) as told:
        read(**given)
    assert problem in str(told.value)
