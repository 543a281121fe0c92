"""Files that come in with a form: sealed while they are read, so that none lies open in a temporary folder."""

from typing import IO, Any

from flask import Request, current_app, request

from hub.core import Hub
from hub.errors import TooLarge, WrongInput
from hub.flow.admission import MOST_OF_ALL
from hub.flow.drafts import Draft, Stored

FORM = 64_000  # bytes of a form beside its files


class SealingRequest(Request):
    """Each file of a form is a Draft: closed with the request, and gone with it unless a view has taken it."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        hub: Hub = current_app.extensions["hub"]
        draft: Any = Draft(hub, MOST_OF_ALL)
        return draft  # type: ignore[no-any-return]


def expect_file(most: int = MOST_OF_ALL) -> None:
    """Before the body is read: let a file of this many bytes in, and refuse a larger one by its announced length, unread.

    Raises TooLarge."""
    request.max_content_length = most + FORM
    if request.content_length is not None and request.content_length > most + FORM:
        raise TooLarge(f"The file has more than {most // 1_000_000} MB.", "Nothing was stored. Send a smaller one.")


def take_file(name: str = "file") -> tuple[Stored, str]:
    """The file of this field, and the name it was sent under, which is not believed. Raises WrongInput."""
    sent = request.files.get(name)
    if sent is None or not sent.filename:
        raise WrongInput("There is no file in this form.", f"Send it as multipart/form-data, in the field “{name}”.")
    draft: Any = sent.stream
    stored: Stored = draft.take()
    return stored, sent.filename
