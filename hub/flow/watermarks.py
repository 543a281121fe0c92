"""A line on every page of what is downloaded, that says for whom and when; it deters, it does not prevent."""

import io
from typing import BinaryIO

MARGIN = 18  # points from the lower edge of a page
GREY = 118


def on_paper(file: BinaryIO, words: str) -> bytes:
    """Over the lower edge of each page of a PDF. words: Western letters only, others are shown as ?."""
    import pikepdf

    with pikepdf.open(file) as pdf:
        for page in pdf.pages:
            left, low, right, high = (float(side) for side in page.mediabox)
            with pikepdf.open(io.BytesIO(_strip(right - left, high - low, words))) as strip:
                page.add_overlay(strip.pages[0], pikepdf.Rectangle(left, low, right, high))
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _strip(width: float, height: float, words: str) -> bytes:
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=(width, height))
    pdf.set_auto_page_break(False)
    pdf.add_page()
    pdf.set_font("Helvetica", size=7)
    pdf.set_text_color(GREY)
    pdf.set_xy(0, height - MARGIN)
    pdf.cell(width, 8, words.encode("latin-1", "replace").decode("latin-1"), align="C")
    return bytes(pdf.output())


def on_picture(file: BinaryIO, words: str) -> bytes:
    """On a dark strip along the lower edge of a JPEG."""
    from PIL import Image, ImageDraw, ImageFont

    with Image.open(file, formats=("JPEG",)) as found:
        picture = found.convert("RGB")
    size = max(10, picture.width // 60)
    pen = ImageDraw.Draw(picture, "RGBA")
    pen.rectangle((0, picture.height - 2 * size, picture.width, picture.height), fill=(0, 0, 0, 110))
    place = (picture.width / 2, picture.height - size)
    plain = words.encode("latin-1", "replace").decode("latin-1")
    pen.text(place, plain, fill=(255, 255, 255, 220), anchor="mm", font=ImageFont.load_default(size))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()
