"""Read and write pictures; nothing else in the project opens one.

Inside the program a picture is RGB or grey, float32 in [0, 1], channels first. The values are those
of the file over 255 or 65535: colour profiles and gamma chunks are passed over, as the field does.
"""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import BITSPERSAMPLE, TiffImageFile
from torch import Tensor

from components.errors import PictureError
from components.pictures import png16, upright
from components.store import write_atomically

Samples = NDArray[np.unsignedinteger]  # (H, W, C): 1 grey, 2 with alpha, 3 RGB, 4 with alpha

_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}

_OPENED = sorted(set(_FORMATS.values()))
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # by number of channels

# Mode of a file -> what it is taken for.
_TAKEN_FOR = {"1": "L", "P": "RGB", "PA": "RGBA"} | {mode: mode for mode in _MODES.values()}

# What each format gives back as it was written.
_ALL = set(_MODES.values())
_HOLDS = {
    ("PNG", 8): _ALL,
    ("PNG", 16): _ALL,
    ("TIFF", 8): _ALL,
    ("TIFF", 16): {"L"},
    ("WEBP", 8): {"RGB", "RGBA"},
    ("BMP", 8): {"L", "RGB"},
    ("JPEG", 8): {"L", "RGB"},
}

_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True, "exact": True},
}

# What Pillow and the decoders below it raise for damaged files.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture in memory.

    Attributes:
        pixels: (1, H, W) grey or (3, H, W) RGB, float32 in [0, 1].
        bits: Bits a sample in the file, 8 or 16.
        alpha: (1, H, W) in [0, 1], or None.
    """

    pixels: Tensor
    bits: Literal[8, 16] = 8
    alpha: Tensor | None = None

    @property
    def grey(self) -> bool:
        """Whether there is one channel alone."""
        return self.pixels.shape[0] == 1


@dataclass(frozen=True, slots=True)
class Description:
    """What a file holds; the sides are those of the upright picture, in pixels."""

    width: int
    height: int
    grey: bool
    bits: int


def rgb(picture: Picture) -> Tensor:
    """Give three channels, (3, H, W): RGB, or grey three times; alpha is left out."""
    return picture.pixels.expand(3, -1, -1)


def samples8(image: Tensor) -> NDArray[np.uint8]:
    """Round an image for showing: (3, H, W) around [0, 1] -> (H, W, 3), clipped."""
    rounded = (image.clamp(0, 1) * 255).round().to(torch.uint8)
    samples: NDArray[np.uint8] = rounded.permute(1, 2, 0).cpu().numpy()
    return samples


def read(file: Path) -> Picture:
    """Read a PNG, JPEG, BMP, TIFF or WebP file, upright as its EXIF data says.

    Palettes become RGB; one bit becomes 8-bit grey; one transparent colour becomes alpha.

    Raises:
        PictureError: the file is missing, empty, damaged or cut short, of another format or of a kind
            that is not taken (CMYK, several frames, over 8 bits in anything but PNG and grey TIFF).
    """
    samples = _decode(file)
    top = np.iinfo(samples.dtype).max
    values = torch.from_numpy(np.moveaxis(samples, 2, 0).astype(np.float32, order="C") / top)
    channels = len(values)
    return Picture(
        pixels=values[:3] if channels > 2 else values[:1],
        bits=16 if samples.dtype == np.uint16 else 8,
        alpha=values[-1:] if channels in (2, 4) else None,
    )


def describe(file: Path) -> Description:
    """Decode a whole file, to prove it undamaged, and say what it holds.

    Raises:
        PictureError: as `read` does.
    """
    samples = _decode(file)
    height, width, channels = samples.shape
    return Description(width, height, grey=channels < 3, bits=8 * samples.itemsize)


def size_of(file: Path) -> tuple[int, int]:
    """Give height and width of the upright picture from the file's header alone.

    Raises:
        PictureError: the file is missing or has no header that can be read.
    """
    try:
        with Image.open(file, formats=_OPENED) as image:
            turned = upright.swaps_sides(upright.orientation(image))
            return (image.width, image.height) if turned else (image.height, image.width)
    except _DAMAGE as error:
        raise _refusal(file, error) from error


def write(file: Path, picture: Picture) -> None:
    """Write a whole picture or nothing, in the format that the suffix names.

    Values outside [0, 1] are clamped. All formats but JPEG (quality 95) keep the samples exactly.

    Raises:
        PictureError: the suffix names no format, the format cannot hold these bits, grey or alpha, or
            a value is NaN.
    """
    kind = _FORMATS.get(file.suffix.lower())
    if kind is None:
        raise PictureError(f"{file}: the suffix must be one of {', '.join(_FORMATS)}")
    samples = _samples_of(file, picture)
    mode = _MODES[samples.shape[2]]
    if mode not in _HOLDS.get((kind, picture.bits), ()):
        raise PictureError(f"{file}: {kind} cannot hold {picture.bits}-bit {mode}; PNG can")
    deep_png = kind == "PNG" and samples.dtype == np.uint16
    write_atomically(file, png16.encode(samples) if deep_png else _encode(samples, kind))


def _decode(file: Path) -> Samples:
    try:
        data = file.read_bytes()
        if not data:
            raise ValueError("it is empty")
        with Image.open(BytesIO(data), formats=_OPENED) as image:
            image.verify()  # PNG's checksums, which decoding passes over
        with Image.open(BytesIO(data), formats=_OPENED) as image:
            samples = _samples_in(image, data)
            return upright.turn(samples, upright.orientation(image))
    except _DAMAGE as error:
        raise _refusal(file, error) from error


def _refusal(file: Path, error: Exception) -> PictureError:
    reason = (
        f"it is none of {', '.join(_OPENED)}"
        if isinstance(error, UnidentifiedImageError)
        else getattr(error, "strerror", None) or str(error) or type(error).__name__
    )
    return PictureError(f"{file} cannot be read as a picture: {reason}")


def _samples_in(image: ImageFile, data: bytes) -> Samples:
    """Decode an opened file; (H, W, C) as it lies there."""
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":  # a telephone's JPEG is MPO
        raise ValueError("it holds several frames, one is needed")
    if png16.is_16_bit(data):
        return png16.decode(data)
    if isinstance(image, TiffImageFile) and max(image.tag_v2.get(BITSPERSAMPLE, (1,))) > 8:
        return _deep_grey(image)
    mode = _TAKEN_FOR.get(image.mode)
    if mode is None:
        raise ValueError(f"its colours are {image.mode}; taken are grey, RGB and palettes")
    if image.has_transparency_data:
        mode = "LA" if mode.startswith("L") else "RGBA"
    return np.asarray(image.convert(mode)).reshape(image.height, image.width, -1)


def _deep_grey(image: TiffImageFile) -> Samples:
    """Decode a TIFF of more than 8 bits, where Pillow keeps all of them."""
    if image.tag_v2[BITSPERSAMPLE] != (16,) or not image.mode.startswith("I;16"):
        raise ValueError("of TIFF over 8 bits, only 16-bit grey is taken; PNG can hold the rest")
    return np.asarray(image).astype(np.uint16)[..., None]


def _samples_of(file: Path, picture: Picture) -> Samples:
    """Round a picture to the levels of its bits, (H, W, C)."""
    values = picture.pixels if picture.alpha is None else torch.cat([picture.pixels, picture.alpha])
    if values.isnan().any():
        raise PictureError(f"{file}: a picture with NaN in it cannot be written")
    top, kind = (255, np.uint8) if picture.bits == 8 else (65535, np.uint16)
    levels = (values.detach().cpu().double().clamp(0, 1) * top).round()
    return levels.permute(1, 2, 0).numpy().astype(kind)


def _encode(samples: Samples, kind: str) -> bytes:
    flat = samples[..., 0] if samples.shape[2] == 1 else samples
    stream = BytesIO()
    Image.fromarray(flat).save(stream, kind, **_OPTIONS.get(kind, {}))
    return stream.getvalue()
