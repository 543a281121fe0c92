"""A document's bytes as an answer: stretches of a video (206, 416), tags, and a name for what is downloaded."""

import re
from collections.abc import Mapping
from typing import BinaryIO

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from hub.errors import Denied

MOST = (
    4_000_000  # bytes of an answer to "from here to the end": a thread is free again within moments, the player asks on
)
CHUNK = 65_536
OPEN_END, LAST_ONES = re.compile(r"bytes=(\d+)-"), re.compile(r"bytes=-(\d+)")
SUFFIXES: Mapping[str, str] = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "video/mp4": "mp4",
    "application/zip": "zip",
}


def from_our_own_pages() -> None:
    """No other site may embed or probe what is somebody's. Raises Denied."""
    if request.headers.get("Sec-Fetch-Site") not in {None, "same-origin", "none"}:
        raise Denied("This was asked for by another site.", "Open it from your own page.")


def serve(file: BinaryIO, media: str, size: int, tag: str, save_as: str = "") -> Response:
    """The whole, or the one stretch that is asked for; the file is closed with the answer. save_as: a name to be downloaded
    under, without its suffix. Several stretches at once are answered with the whole, as RFC 9110 (14.2) allows."""
    response = Response(wrap_file(request.environ, file, CHUNK), mimetype=media, direct_passthrough=True)
    response.content_length = size
    response.set_etag(tag)
    if save_as:
        response.headers.set("Content-Disposition", "attachment", filename=f"{save_as}.{SUFFIXES.get(media, 'bin')}")
    environ = {**request.environ, **_stretch(size)}
    if "," in environ.get("HTTP_RANGE", ""):
        del environ["HTTP_RANGE"]
    try:
        response.make_conditional(environ, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        file.close()
        return Response(status=416, headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})
    return response


def _stretch(size: int) -> dict[str, str]:
    """An open end is closed after MOST bytes; the last so many bytes of fewer are all of them."""
    asked = request.headers.get("Range", "").replace(" ", "")
    open_end, last_ones = OPEN_END.fullmatch(asked), LAST_ONES.fullmatch(asked)
    if open_end and int(open_end[1]) < size:
        start = int(open_end[1])
        return {"HTTP_RANGE": f"bytes={start}-{min(size, start + MOST) - 1}"}
    if last_ones and 0 < size < int(last_ones[1]):
        return {"HTTP_RANGE": f"bytes=0-{size - 1}"}
    return {}
