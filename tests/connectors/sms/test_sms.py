"""Texts: to the person's phone, cut to what a text can hold, and never to nobody."""

from pathlib import Path
from typing import Any

import pytest

from connectors.sms import Sms
from connectors.sms.sandbox import SmsSandbox
from connectors.sms.words import LONGEST
from hub.sdk import EffectClass, Push
from proving import SMS, Scripted, account_of


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
