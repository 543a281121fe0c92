"""What a customer wrote back, without what their mail program put around it."""

from email.message import EmailMessage

import pytest

from connectors.mail import replies

OURS = "> Guten Tag,\n> die Antwort auf Ihre Nachricht ist da."


@pytest.mark.parametrize(
    "around",
    [
        f"\n\nOn Wed, 25 Nov 2026 at 10:00, Garage <service@garage.example> wrote:\n{OURS}\n",
        f"\n\nOn Wed, 25 Nov 2026 at 10:00, Garage Berlin Spree <service@garage.example>\nwrote:\n\n{OURS}\n",
        f"\n\nAm 25.11.2026 um 10:00 schrieb Garage Berlin:\n{OURS}\n",
        f"\n\nفي الأربعاء كتب Garage:\n{OURS}\n",
        "\n\n-----Ursprüngliche Nachricht-----\nVon: Garage\nGuten Tag,\n",
        "\n\n________________________________\nVon: Garage\nGesendet: Mittwoch\n",
        "\n\nFrom: Garage <service@garage.example>\nSent: Wednesday\nTo: Ada\nSubject: We have answered you\n\nHello,",
        "\n\n-- \nAda Weber\nWeber Steuerberatung, Tel. 030 1234\n",
        "",
    ],
)
def test_only_their_own_words_are_kept(around: str) -> None:
    assert (
        replies.own_words(f"Tomorrow at nine?\n\nI bring the key.{around}") == "Tomorrow at nine?\n\nI bring the key."
    )


def test_answers_between_quoted_lines_stay() -> None:
    text = "Garage wrote:\n> When do you come?\nAt nine.\n> And the key?\nIn the box.\n"

    assert replies.own_words(text) == "At nine.\nIn the box."


def test_a_line_that_begins_like_a_header_is_a_sentence_where_no_header_follows() -> None:
    assert replies.own_words("From: Berlin I drive two hours.\nIs ten all right?").endswith("Is ten all right?")


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote"><div class="gmail_attr">On Wed, Garage wrote:<br></div><blockquote>Hello</blockquote></div>',
        '<blockquote type="cite"><p>Hello<br>there</p></blockquote>',
        '<div class="moz-cite-prefix">Am 25.11. schrieb Garage:</div><blockquote>Hello</blockquote>',
        '<hr><div id="divRplyFwdMsg"><b>From:</b> Garage</div><p>Hello</p>',
    ],
)
def test_a_mail_that_is_only_a_page_is_read_without_its_quotes(quote: str) -> None:
    message = EmailMessage()
    message.set_content(
        f"<html><head><style>p {{color: red}}</style></head><body><p>Tomorrow &amp; early?<br>Ada</p>{quote}</body></html>",
        subtype="html",
    )

    assert replies.words_of(message) == "Tomorrow & early?\nAda"


def test_files_come_along_but_not_the_sign_of_a_firm() -> None:
    message = EmailMessage()
    message.set_content("The tyre, see photo.")
    message.add_alternative("<p>The tyre<img src='cid:logo'></p>", subtype="html")
    page = message.get_payload()[1]
    assert isinstance(page, EmailMessage)
    page.add_related(b"logo", "image", "png", cid="<logo>")
    assert list(replies.files_of(message)) == []

    for number in range(7):
        message.add_attachment(b"photo", "image", "jpeg", filename=f"{number}.jpg")

    assert list(replies.files_of(message)) == [(f"{number}.jpg", b"photo") for number in range(replies.MOST_FILES)]
    assert replies.words_of(message) == "The tyre, see photo."


def test_a_mail_without_a_word_has_none() -> None:
    message = EmailMessage()
    message.set_content(f"Garage wrote:\n{OURS}\n")

    assert replies.words_of(message) == ""


def test_a_book_is_cut() -> None:
    message = EmailMessage()
    message.set_content("word " * 9000)

    assert len(replies.words_of(message)) == replies.MOST_WORDS
