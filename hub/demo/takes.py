"""Photos and short inspection clips of the demo garage, drawn and encoded here; the same bytes for the same seed."""

import io
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hub.demo.rows import Pen
from hub.demo.world import jobs
from hub.demo.world.books import Books

SUFFIXES = {"photo": "jpg", "clip": "mp4"}
SIZE = (480, 320)
SECONDS, RATE = 2, 12  # of a clip; frames a second
# where on the drawn car a defect is, in shares of the picture
SPOTS = {"brakes": (0.28, 0.70), "tyres": (0.74, 0.70), "suspension": (0.30, 0.60), "steering": (0.22, 0.50), "lights": (0.10, 0.50),
         "view": (0.40, 0.32), "exhaust": (0.88, 0.62), "belts": (0.56, 0.38)}  # fmt: skip


@dataclass(frozen=True)
class Take:
    """kind: photo (JPEG) or clip (MP4, H.264, its index in front, so that it plays while it loads)."""

    kind: str
    visit: int
    finding: str
    defect: str
    customer: str
    content: bytes


# cpu-independent: the encoder's quickest paths for this or that processor do not give the same bytes twice
ENCODER = {
    "preset": "veryfast",
    "crf": "30",
    "flags": "+bitexact",
    "x264-params": "threads=1:lookahead-threads=1:sync-lookahead=0:cpu-independent=1",
}


def takes_of(books: Books, count: int, visits: Container[int] | None = None) -> Iterator[Take]:
    """Of the last findings: a photo of each and a clip that goes closer. visits: those of which alone, or all."""
    pen = Pen(books)
    past = [
        row
        for row, visit in enumerate(books.findings["visit"].tolist())
        if books.day(books.visits["day"][visit]) <= books.today and (visits is None or visit in visits)
    ]
    for row in past[-count:]:
        defect = jobs.DEFECTS[books.findings["defect"][row]].name
        visit = int(books.findings["visit"][row])
        number = books.people.number(int(books.visits["owner"][visit]))
        colour = _colour(int(books.findings["car"][row]))
        yield Take("photo", visit, pen.key("F", row), defect, number, photo(defect, colour))
        yield Take("clip", visit, pen.key("F", row), defect, number, clip(defect, colour))


def _colour(car: int) -> tuple[int, int, int]:
    return (60 + car * 47 % 160, 70 + car * 31 % 150, 90 + car * 17 % 140)


def draw(defect: str, colour: tuple[int, int, int], closer: float = 0.0) -> Any:
    """A car from the side and a ring around what was found. closer: 0 to 1, how tight the ring is."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", SIZE, (226, 230, 234))
    pen = ImageDraw.Draw(image)
    width, height = SIZE
    pen.rectangle((0, height * 0.76, width, height), fill=(150, 156, 162))
    pen.polygon(
        [(width * x, height * y) for x, y in ((0.27, 0.44), (0.38, 0.27), (0.64, 0.27), (0.76, 0.44))],
        fill=(176, 200, 216),
    )
    pen.rounded_rectangle((width * 0.08, height * 0.43, width * 0.92, height * 0.68), radius=22, fill=colour)
    for x in (0.28, 0.74):
        at, y, r = width * x, height * 0.69, 34
        pen.ellipse((at - r, y - r, at + r, y + r), fill=(38, 42, 46))
        pen.ellipse((at - r / 2, y - r / 2, at + r / 2, y + r / 2), fill=(170, 174, 178))
    x, y = SPOTS[defect]
    ring = 70 - 40 * closer
    pen.ellipse(
        (width * x - ring, height * y - ring, width * x + ring, height * y + ring), outline=(206, 48, 34), width=5
    )
    pen.text((14, 12), f"{defect} - demo", fill=(40, 44, 48))
    return image


def photo(defect: str, colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    draw(defect, colour, 1.0).save(file, "JPEG", quality=80)
    return file.getvalue()


def clip(defect: str, colour: tuple[int, int, int]) -> bytes:
    """Through a file: the index can only be moved to the front of something that is opened again."""
    import av

    count = SECONDS * RATE
    with TemporaryDirectory(prefix="garage-") as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(path, "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container:
            stream = container.add_stream("libx264", rate=RATE)
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuv420p"
            stream.options = {**ENCODER}
            for number in range(count):
                picture = draw(defect, colour, number / (count - 1))
                frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path.read_bytes()
