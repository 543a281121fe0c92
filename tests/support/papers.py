"""Files as people send them: pictures, papers and films, good ones and such as are not what they seem."""

import io
import zipfile
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache

import av
import numpy as np
import pikepdf
from fpdf import FPDF
from PIL import Image, TiffImagePlugin

SECRET_PLACE = "52.5200N 13.4050E"


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), place: str = "", upright: int = 1) -> bytes:
    """place: written into its EXIF, as phones do with where it was taken; upright: EXIF orientation."""
    image = Image.new("RGBA" if kind == "PNG" else "RGB", size, (200, 40, 40, 255) if kind == "PNG" else (200, 40, 40))
    exif = Image.Exif()
    if place:
        exif[0x010E] = place
        exif.get_ifd(0x8825)[0x0002] = (
            TiffImagePlugin.IFDRational(52),
            TiffImagePlugin.IFDRational(31),
            TiffImagePlugin.IFDRational(12),
        )
    exif[0x0112] = upright
    out = io.BytesIO()
    image.save(out, kind, **({"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}))
    return out.getvalue()


@cache
def bomb() -> bytes:
    """A PNG of some hundred kB that claims 900 million pixels."""
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    return out.getvalue()


def paper(text: str = "Invoice 2026-0815") -> bytes:
    """The same text gives the same bytes, whenever it is made."""
    pdf = FPDF()
    pdf.set_creation_date(datetime(2026, 3, 2, tzinfo=UTC))
    pdf.add_page()
    pdf.set_font("Helvetica", size=14)
    pdf.cell(0, 10, text)
    return bytes(pdf.output())


def acting(what: str) -> bytes:
    """A PDF that does something by itself: script, launch, attachment, hidden (a script inside an object stream)."""
    pdf = pikepdf.open(io.BytesIO(paper()))
    if what == "attachment":
        pdf.attachments["prices.exe"] = b"MZ"
    elif what == "launch":
        pdf.pages[0].obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc")))
    else:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    mode = pikepdf.ObjectStreamMode.generate if what == "hidden" else pikepdf.ObjectStreamMode.disable
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=mode)
    return out.getvalue()


def locked() -> bytes:
    pdf = pikepdf.open(io.BytesIO(paper()))
    out = io.BytesIO()
    pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="user"))
    return out.getvalue()


def archive(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return out.getvalue()


def film(
    form: str = "webm",
    codec: str = "libvpx",
    size: tuple[int, int] = (640, 360),
    seconds: float = 1,
    sound: bool = True,
) -> bytes:
    """A red bar that grows over the picture, with silence."""
    out = io.BytesIO()
    with av.open(out, "w", form) as container:
        shown = container.add_stream(codec, rate=24)
        shown.width, shown.height, shown.pix_fmt = *size, "yuv420p"
        heard = (
            container.add_stream("libopus" if form == "webm" else "aac", rate=48_000, layout="mono") if sound else None
        )
        for number in range(round(24 * seconds)):
            canvas = np.zeros((size[1], size[0], 3), np.uint8)
            canvas[:, : 1 + number * size[0] // round(24 * seconds)] = (200, 30, 30)
            frame = av.VideoFrame.from_ndarray(canvas, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(shown.encode(frame))
            if heard is not None:
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 2000), np.float32), format="fltp", layout="mono")
                silence.rate, silence.pts, silence.time_base = 48_000, number * 2000, Fraction(1, 48_000)
                container.mux(heard.encode(silence))
        container.mux(shown.encode(None))
        if heard is not None:
            container.mux(heard.encode(None))
    return out.getvalue()
