"""Texts: to the person's phone, cut to what a text can hold, and never to nobody."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sms import Sms
from connectors.sms.sandbox import LOST, SAID, SmsSandbox
from connectors.sms.words import LONGEST
from hub.sdk import EffectClass, Knock, Push, ReceiptRecord, ReplyRecord, WrongInput, WrongSignature, sign
from proving import SMS, TEXTS_SECRET, Scripted, account_of


def a_text(**body: Any) -> Push:
    return Push("tier_changed", "key1", "ref1", None, {"phone": "+491520000001", "text": "Gold now.", **body}, 1)


def test_a_text_goes_to_the_phone_and_names_its_push_for_reports() -> None:
    api = Scripted()
    assert [one.state for one in Sms(account_of(api=api)).push([a_text()])] == ["sent"]
    assert api.asked[0][:3] == ("POST", "/messages", {"to": "+491520000001", "text": "Gold now.", "client_ref": "key1"})


@pytest.mark.parametrize("phone", [None, ""])
def test_without_a_phone_nobody_is_called_and_the_push_is_refused(phone: str | None) -> None:
    api = Scripted()
    assert [one.state for one in Sms(account_of(api=api)).push([a_text(phone=phone)])] == ["refused"]
    assert not api.asked


def test_a_long_text_is_cut() -> None:
    api = Scripted()
    Sms(account_of(api=api)).push([a_text(text="x" * 5000)])
    assert len(api.asked[0][2]["text"]) == LONGEST


def test_texts_are_blind_and_not_repeated_on_a_guess() -> None:
    assert {(one.effect, one.repeat_blind) for one in Sms(SMS).topics} == {(EffectClass.BLIND, False)}


def test_the_provider_tells_no_repeats_apart(tmp_path: Path) -> None:
    sandbox = SmsSandbox(tmp_path)
    for _ in range(2):
        body = {"to": "1", "text": "x", "client_ref": "key1"}
        assert (
            sandbox.app.test_client().post("/messages", json=body, headers={"Authorization": "Bearer t"}).status_code
            == 202
        )
    assert len(sandbox.log.rows()) == 2


AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def knocked(kind: str, body: Any = None, **data: Any) -> Knock:
    told = json.dumps(body or {"type": kind, "timestamp": AT.isoformat(), "data": data}).encode()
    return Knock("POST", "https://hub.example.org/webhooks/texts", sign(TEXTS_SECRET, "msg_1", AT, told), told, AT)


def records(knock: Knock) -> list[Any]:
    connector = Sms(SMS)
    return [one for incoming in connector.verify(knock) for one in connector.normalise(incoming.payload)]


def test_a_receipt_names_the_push_and_whether_the_number_will_ever_be_reached() -> None:
    delivered = ReceiptRecord(ref="key1", state="delivered", key="msg_1", at=AT)
    assert records(knocked("message.delivered", client_ref="key1")) == [delivered]
    for code, hard in (("unknown_number", True), ("expired", False)):
        failed = ReceiptRecord(ref="key1", state="failed", key="msg_1", at=AT, hard=hard, code=code)
        assert records(knocked("message.failed", client_ref="key1", code=code)) == [failed]


def test_an_answer_names_the_number_and_the_words_as_they_were() -> None:
    told = ReplyRecord(phone="+491520000001", text=" Stop! ", channel="sms", key="msg_1", at=AT)
    assert records(knocked("message.received", **{"from": "+491520000001", "text": " Stop! "})) == [told]


@pytest.mark.parametrize(
    "body",
    [
        [], {"type": "message.read", "timestamp": AT.isoformat(), "data": {}},
        {"type": "message.received", "timestamp": AT.isoformat(), "data": {"from": "nobody", "text": "x"}},
        {"type": "message.received", "timestamp": "yesterday", "data": {"from": "+491520000001", "text": "x"}},
        {"type": "message.failed", "timestamp": AT.isoformat(), "data": {}},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_no_number_is_repeated(body: Any) -> None:
    with pytest.raises(WrongInput) as told:
        Sms(SMS).verify(knocked("", body))
    assert "+49" not in str(told.value)


def test_without_a_secret_the_door_is_shut() -> None:
    with pytest.raises(WrongSignature):
        Sms(account_of()).verify(knocked("message.delivered", client_ref="key1"))


def test_what_becomes_of_a_text_is_drawn_by_its_reference_and_the_seed(tmp_path: Path) -> None:
    some, others = SmsSandbox(tmp_path, seed=7), SmsSandbox(tmp_path, seed=8)

    first = [list(some.fate("+49152", f"key{number}", AT)) for number in range(2_000)]

    assert first == [list(some.fate("+49152", f"key{number}", AT)) for number in range(2_000)]
    assert first != [list(others.fate("+49152", f"key{number}", AT)) for number in range(2_000)]
    codes = Counter(told[0].data.get("code", "") for told in first)
    assert all(abs(codes[code] / 2_000 - share) < 0.012 for code, share in LOST.items())
    texts = Counter(told[1].data["text"] for told in first if told[1:])
    assert all(abs(texts[text] / codes[""] - share) < 0.012 for text, share in SAID.items())


def test_the_sandboxes_words_are_what_we_hear(tmp_path: Path) -> None:
    sandbox = SmsSandbox(tmp_path)
    told = [one for number in range(200) for one in sandbox.fate("+49152", f"key{number}", AT)]

    heard = [record for one in told for record in records(knocked(one.kind, **one.data))]

    assert {type(one) for one in heard} == {ReceiptRecord, ReplyRecord}
    assert {one.code for one in heard if isinstance(one, ReceiptRecord)} == {"", *LOST}
