"""What a file really is, by its first bytes; and how a picture is painted anew and a paper looked through. No database here."""

import io
import zipfile
from typing import Any, BinaryIO

from hub.errors import TooLarge, WrongInput

HEAD = 4096  # bytes that tell what a file is
PIXELS = 50_000_000  # of a picture: a phone's largest has that many; one of 100 kB may claim billions
SIDE = 3072  # pixels of the longer side that is kept
QUALITY = 86
UNPACKED = 200_000_000  # bytes that an archive may become
AGAIN = "Nothing was stored. Please send a photo of it, or a PDF."

# offset, signature, media; the first that fits
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"PK\x03\x04", "application/zip"),
)
MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<?xml", b"<svg")
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
VIDEOS = ("video/quicktime", "video/mp4", "video/webm", "video/x-msvideo")
# what a PDF does by itself, or carries along, beside showing pages
ACTS = {"/JS", "/JavaScript", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/RichMedia", "/XFA", "/ImportData", "/SubmitForm",
        "/GoToE", "/Movie", "/Sound", "/3D"}  # fmt: skip


def media_of(head: bytes) -> str:
    """The MIME type of these first bytes; `text/html` for anything that a browser could take for a page."""
    for offset, signature, media in SIGNATURES:
        if head.startswith(signature, offset):
            return media
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "text/html" if start.startswith(MARKUP) else "application/octet-stream"


def refusal(media: str) -> WrongInput | None:
    """Why a file of this type is not taken, in a sentence for whoever sent it."""
    if media == "text/html":
        return WrongInput("This is a web page inside, not a picture or a PDF.", AGAIN)
    if media == "image/heic":
        return WrongInput("This is a picture of the kind HEIC, which most browsers cannot show.", AGAIN)
    if media == "application/octet-stream":
        return WrongInput("This is neither a picture, nor a PDF, nor a video.", AGAIN)
    return None


def repaint(file: BinaryIO) -> bytes:
    """The picture decoded and encoded anew as JPEG: upright, at most SIDE pixels, without place, camera or anything that
    was hidden behind it. Raises TooLarge for more than PIXELS, WrongInput for what is no picture."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(file, formats=("JPEG", "PNG", "GIF", "WEBP")) as found:
            if found.width * found.height > PIXELS:
                raise Image.DecompressionBombError
            found.draft("RGB", (SIDE, SIDE))  # a large JPEG is decoded at the size that is needed
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((SIDE, SIDE))
            return _jpeg(_on_white(Image, upright))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooLarge("The picture has too many pixels.", "Nothing was stored. 50 million are enough.") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise WrongInput("This picture cannot be read.", "It may have been cut off. Please send it again.") from error


def _on_white(image: Any, picture: Any) -> Any:
    """What shines through a transparent picture is paper."""
    if picture.mode not in ("RGBA", "LA", "PA", "P"):
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    paper = image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _jpeg(picture: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def acts(file: BinaryIO) -> bool:
    """Does this PDF do or carry anything beside its pages? Raises WrongInput for one that is damaged or locked."""
    import pikepdf

    try:
        with pikepdf.open(file) as pdf:
            if not len(pdf.pages):
                raise WrongInput("This PDF has no pages.", AGAIN)
            return any(_names(one) & ACTS for one in pdf.objects)
    except pikepdf.PasswordError as error:
        raise WrongInput(
            "This PDF is locked with a password.", "Nothing was stored. Please send it without one."
        ) from error
    except pikepdf.PdfError as error:
        raise WrongInput("This PDF cannot be read.", "It may have been cut off. Please send it again.") from error


def _names(one: Any) -> set[str]:
    """Keys of a dictionary and what it says it is; also of dictionaries written inside it, which are no objects of their own."""
    import pikepdf

    waiting, found = [one], set[str]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Name):
            found.add(str(node))
        elif isinstance(node, pikepdf.Dictionary | pikepdf.Stream):
            found |= {str(key) for key in node.keys()}  # noqa: SIM118 - no mapping, whatever it looks like
            waiting += [value for _, value in node.items() if _is_inside(value)]
        elif isinstance(node, pikepdf.Array):
            waiting += [value for value in node if _is_inside(value)]
    return found


def _is_inside(value: Any) -> bool:
    """Numbers and texts say nothing, and what is an object of its own has its own turn."""
    return hasattr(value, "is_indirect") and not value.is_indirect


def unpacks_too_far(file: BinaryIO) -> bool:
    """Would this archive become more than UNPACKED bytes, by what it says of itself? One that cannot be read would."""
    try:
        with zipfile.ZipFile(file) as archive:
            return sum(one.file_size for one in archive.infolist()) > UNPACKED
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return True
