"""What a picture is like, in a few numbers: by them two versions of the data are compared.

All are taken of the 8-bit levels that a viewer would show, 0 to 255, at the picture's own size. Luma is
the grey value in full range (`colour.grey`).

Source: J. Immerkaer, Fast noise variance estimation, CVIU 64 (1996), for the noise; J. L. Pech-Pacheco et
al., Diatom autofocusing in brightfield microscopy, ICPR 2000, for the sharpness; D. Hasler, S.
Suesstrunk, Measuring colourfulness in natural images, SPIE 5007 (2003), section 5.
"""

import math
from dataclasses import dataclass, fields
from pathlib import Path

from torch import Tensor

from components.errors import PictureError
from components.inspection.jpeg_quality import quality_of
from components.pictures import colour, images
from components.pictures.images import Picture

_SMALLEST = 3  # pixels a side: the filters look at the eight neighbours


@dataclass(frozen=True, slots=True)
class Descriptors:
    """What one picture is like; None where it is too small, or where there is nothing to say.

    Attributes:
        width: Pixels.
        height: Pixels.
        mean_luma: Levels of 255.
        contrast: Standard deviation of the luma, levels.
        sharpness: Variance of the luma's Laplacian over four neighbours, levels squared. Noise raises it.
        noise: Standard deviation of white noise in the luma, levels. Fine texture raises it.
        colourfulness: 0 for grey, about 15 slightly, 33 moderately, 109 extremely colourful.
        jpeg_quality: 1 to 100; None for other formats.
    """

    width: int
    height: int
    mean_luma: float
    contrast: float
    sharpness: float | None
    noise: float | None
    colourfulness: float
    jpeg_quality: int | None


COLUMNS = tuple(field.name for field in fields(Descriptors))


def describe(file: Path) -> Descriptors:
    """Describe the picture in a file, which is decoded.

    Raises:
        PictureError: as `images.read`.
    """
    return measure(images.read(file), quality_in(file))


def quality_in(file: Path) -> int | None:
    """Tell a file's JPEG quality, None for other formats, without decoding it.

    Raises:
        PictureError: the file cannot be read.
    """
    try:
        return quality_of(file.read_bytes())
    except OSError as error:
        raise PictureError(f"{file} cannot be read as a picture: {error.strerror}") from error


def measure(picture: Picture, jpeg_quality: int | None = None) -> Descriptors:
    """Describe a picture in memory.

    Args:
        picture: Of any size; alpha is left out.
        jpeg_quality: Of its file.
    """
    rgb = images.rgb(picture) * 255
    luma = colour.grey(rgb)[0]  # (H, W)
    height, width = luma.shape
    inside = min(height, width) >= _SMALLEST
    return Descriptors(
        width=width,
        height=height,
        mean_luma=_mean(luma),
        contrast=math.sqrt(_variance(luma)),
        sharpness=_variance(_laplacian(luma)) if inside else None,
        noise=_noise(luma) if inside else None,
        colourfulness=0.0 if picture.grey else _colourfulness(rgb),
        jpeg_quality=jpeg_quality,
    )


def _laplacian(luma: Tensor) -> Tensor:
    """Sum the four neighbours less four times the pixel, inside the border: (H - 2, W - 2)."""
    sides = luma[1:-1, :-2] + luma[1:-1, 2:] + luma[:-2, 1:-1] + luma[2:, 1:-1]
    return sides - 4 * luma[1:-1, 1:-1]


def _noise(luma: Tensor) -> float:
    """Estimate white noise by what the difference of two Laplacians leaves: edges cancel in it.

    The filter is ((1, -2, 1), (-2, 4, -2), (1, -2, 1)); white noise comes out of it six times as strong.
    """
    rows = luma[:-2] - 2 * luma[1:-1] + luma[2:]
    left = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return math.sqrt(math.pi / 2) * _mean(left.abs()) / 6


def _colourfulness(rgb: Tensor) -> float:
    red, green, blue = rgb
    opponents = (red - green, (red + green) / 2 - blue)
    spread = math.sqrt(sum(_variance(opponent) for opponent in opponents))
    return spread + 0.3 * math.hypot(*(_mean(opponent) for opponent in opponents))


def _mean(values: Tensor) -> float:
    return float(values.mean())


def _variance(values: Tensor) -> float:
    return float(values.var(correction=0))
