"""The icon under which the pages are installed, drawn in the chain's own colour: a wheel, as on the pages themselves."""

import io
import math
from functools import lru_cache

from PIL import Image, ImageDraw

LIGHTNESS = 0.42  # of the ground, in OKLCH: white stands on it by 7 : 1 and more, for every hue
FINER = 4  # drawn so many times larger, then made smaller: smooth edges
NUTS = 5


@lru_cache(maxsize=8)
def icon_png(size: int, hue: float, chroma: float) -> bytes:
    """size: pixels of each side. What matters lies within the inner 80 %, so that it may be cut round."""
    side = size * FINER
    image = Image.new("RGB", (side, side), srgb(LIGHTNESS, chroma, hue))
    draw = ImageDraw.Draw(image)
    middle, line = side / 2, round(side * 0.035)

    def circle(x: float, y: float, radius: float, **look: object) -> None:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), **look)  # type: ignore[arg-type]

    circle(middle, middle, side * 0.32, outline="white", width=line)
    circle(middle, middle, side * 0.075, outline="white", width=line)
    for number in range(NUTS):
        angle = math.tau * number / NUTS - math.pi / 2
        circle(
            middle + side * 0.19 * math.cos(angle), middle + side * 0.19 * math.sin(angle), side * 0.032, fill="white"
        )
    out = io.BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def srgb(lightness: float, chroma: float, hue: float) -> tuple[int, int, int]:
    """OKLCH to 8-bit sRGB, cut at its ends (B. Ottosson, 2020: A perceptual color space for image processing)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long, middle, short = (
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    )
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    red, green, blue = (round(255 * _gamma(min(max(one, 0.0), 1.0))) for one in linear)
    return red, green, blue


def _gamma(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
