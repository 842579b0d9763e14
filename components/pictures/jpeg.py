"""What saving as JPEG does to pictures: libjpeg itself on a CPU, its arithmetic in batches elsewhere.

The arithmetic: colours, halving of the chroma, cosine transform, rounding by the tables of a quality,
and all of it back. Entropy coding is left out, as it loses nothing. Every number is an integer small
enough for the floating-point type that carries it, so the result equals that of libjpeg-turbo (which
Pillow and OpenCV use) bit for bit; on a CPU libjpeg is several times faster.

The transform: one pass of Loeffler, Ligtenberg and Moschytz's algorithm with constants of 13 bits and
a rounding at its end is an integer matrix of 8 x 8 and a shift.

Source: ITU-T T.81 (JPEG), annex K for the tables; ITU-T T.871 (JFIF) for the colours; C. Loeffler, A.
Ligtenberg, G. Moschytz, Practical fast 1-D DCT algorithms with 11 multiplications, ICASSP 1989; the
places of rounding are those of libjpeg's "islow" transform and "fancy" upsampling.
"""

import math
from io import BytesIO

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

# T.81, tables K.1 and K.2: steps of the 64 frequencies, row by row, for luma and chroma.
_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA = (
    (17, 18, 24, 47),
    (18, 21, 26, 66),
    (24, 26, 56, 99),
    (47, 66, 99, 99),
)
_CHROMA_FLAT = 99  # the step of all other frequencies

# Rows give Y, Cb, Cr of RGB; columns sum to whole multiples of 2^16.
_FROM_RGB = (
    (0.299, 0.587, 0.114),
    (-0.168735892, -0.331264108, 0.5),
    (0.5, -0.418687589, -0.081312411),
)
_COLOUR_BITS = 16

# Left halves of the rows of the transform, times sqrt(8) and 2^13. Some differ by one from what cosines
# give: they are sums of the algorithm's own rounded constants.
_DCT = (
    (8192, 8192, 8192, 8192),
    (11363, 9633, 6437, 2260),
    (10703, 4433, -4433, -10703),
    (9633, -2259, -11362, -6436),
    (8192, -8192, -8192, 8192),
    (6437, -11362, 2261, 9633),
    (4433, -10704, 10704, -4433),
    (2260, -6436, 9633, -11363),
)
_SIDE = 8
_DCT_BITS = 13
_PASS_BITS = 2  # kept between the two passes of a transform


def recompress(image: Tensor, quality: Tensor, *, halve_chroma: bool = True) -> Tensor:
    """Save every picture as JPEG of its own quality, and read it again.

    Args:
        image: (B, 3, H, W), RGB, clipped to [0, 1] and rounded to 8 bits first.
        quality: (B,) from 1 to 100 as libjpeg counts it, rounded.
        halve_chroma: Store chroma at half the sides (4:2:0), what encoders do unless told otherwise.

    Returns:
        (B, 3, H, W) of the image's type, multiples of 1/255.

    Example:
        >>> grey = torch.full((1, 3, 8, 8), 128 / 255)
        >>> torch.equal(recompress(grey, torch.tensor([10])), grey)
        True
    """
    levels = (image.clamp(0, 1) * 255).round()
    quality = quality.to(image.device).round().clamp(1, 100)
    decode = by_libjpeg if image.device.type == "cpu" else by_arithmetic
    return decode(levels, quality, halve_chroma=halve_chroma).to(image.dtype) / 255


def by_libjpeg(levels: Tensor, quality: Tensor, *, halve_chroma: bool) -> Tensor:
    """Encode and decode levels 0..255, (B, 3, H, W), picture by picture; gives uint8."""
    samples = levels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
    decoded = np.empty_like(samples)
    for sample, q, out in zip(samples, quality.tolist(), decoded, strict=True):
        stream = BytesIO()
        subsampling = 2 if halve_chroma else 0
        Image.fromarray(sample).save(stream, "JPEG", quality=int(q), subsampling=subsampling)
        with Image.open(stream, formats=["JPEG"]) as picture:
            out[...] = np.asarray(picture)
    return torch.from_numpy(decoded).permute(0, 3, 1, 2)


def by_arithmetic(levels: Tensor, quality: Tensor, *, halve_chroma: bool) -> Tensor:
    """Do the same to a whole batch on its own device; gives float32."""
    luma_steps, chroma_steps = _steps(quality)
    height, width = levels.shape[-2:]
    ycc = _to_ycc(levels.float())
    luma, chroma = _code(ycc[:, :1], luma_steps), ycc[:, 1:]
    if halve_chroma:
        coded = _code(_halve(chroma), chroma_steps)[..., : -(-width // 2)]
        chroma = _double(coded)[..., :height, :width]
    else:
        chroma = _code(chroma, chroma_steps)
    return _to_rgb(luma, chroma)


def _steps(quality: Tensor) -> tuple[Tensor, Tensor]:
    """Scale both tables to the qualities; (B, 1, 8, 8) each."""
    quality = quality.double().view(-1, 1, 1, 1)
    percent = torch.where(quality < 50, (5000 / quality).floor(), 200 - 2 * quality)
    luma = torch.tensor(_LUMA, device=quality.device)
    chroma = torch.full_like(luma, _CHROMA_FLAT)
    chroma[:4, :4] = torch.tensor(_CHROMA, device=quality.device)
    return _scaled(luma, percent), _scaled(chroma, percent)


def _scaled(table: Tensor, percent: Tensor) -> Tensor:
    return ((table * percent + 50) / 100).floor().clamp(1, 255)


def _to_ycc(rgb: Tensor) -> Tensor:
    """Turn levels of RGB into levels of Y, Cb, Cr; below 2^24 throughout, exact in float32."""
    one = 1 << _COLOUR_BITS
    weights = rgb.new_tensor([[math.floor(w * one + 0.5) for w in row] for row in _FROM_RGB])
    offset = rgb.new_tensor([one // 2] + [128 * one + one // 2 - 1] * 2)
    mixed = torch.stack([_weigh(rgb, row) for row in weights], dim=1)
    return ((mixed + offset.view(3, 1, 1)) / one).floor()


def _weigh(rgb: Tensor, weights: Tensor) -> Tensor:
    return rgb[:, 0] * weights[0] + rgb[:, 1] * weights[1] + rgb[:, 2] * weights[2]


def _to_rgb(luma: Tensor, chroma: Tensor) -> Tensor:
    """Turn levels of Y (B, 1, H, W), Cb and Cr (B, 2, H, W) into levels of RGB."""
    blue, red = (chroma - 128).split(1, dim=1)
    parts = (
        _shift(91881 * red, _COLOUR_BITS),
        _shift(-22554 * blue - 46802 * red, _COLOUR_BITS),
        _shift(116130 * blue, _COLOUR_BITS),
    )
    return torch.cat([luma + part for part in parts], dim=1).clamp(0, 255)


def _halve(chroma: Tensor) -> Tensor:
    """Average 2 x 2 levels, rounding down and up in turn along a row; as many columns as are coded."""
    height, width = chroma.shape[-2:]
    even = F.pad(chroma, (0, -width % (2 * _SIDE), 0, height % 2), mode="replicate")
    total = 4 * F.avg_pool2d(even, 2)
    bias = 1 + torch.arange(total.shape[-1], device=chroma.device) % 2
    return ((total + bias) / 4).floor_()


def _double(chroma: Tensor) -> Tensor:
    """Enlarge chroma twice by weights of 9, 3, 3 and 1; of one or two columns, by repeating."""
    if chroma.shape[-1] <= 2:
        return chroma.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)
    levels = _between(_between(chroma, -2), -1)  # times 16
    bias = 8 - torch.arange(levels.shape[-1], device=chroma.device) % 2
    return ((levels + bias) / 16).floor_()


def _between(x: Tensor, dim: int) -> Tensor:
    """Put two values in the place of each: three parts of it, one of its neighbour; times 4."""
    length = x.shape[dim]
    before = torch.cat([x.narrow(dim, 0, 1), x.narrow(dim, 0, length - 1)], dim)
    behind = torch.cat([x.narrow(dim, 1, length - 1), x.narrow(dim, length - 1, 1)], dim)
    return torch.stack([3 * x + before, 3 * x + behind], dim).flatten(dim - 1, dim)


def _code(plane: Tensor, steps: Tensor) -> Tensor:
    """Transform blocks of 8 x 8, round each frequency to multiples of its step, transform back.

    Args:
        plane: (B, C, H, W), levels.
        steps: (B, 1, 8, 8), float64.

    Returns:
        (B, C, H, W), levels.
    """
    height, width = plane.shape[-2:]
    # Pass 2 leaves the 24 bits that float32 holds.
    blocks = F.pad(plane - 128, (0, -width % _SIDE, 0, -height % _SIDE), mode="replicate").double()
    matrix = _matrix(plane.device)
    frequencies = _shift(_along_rows(blocks, matrix.T), _DCT_BITS - _PASS_BITS)
    frequencies = _shift(_along_columns(frequencies, matrix), _DCT_BITS + _PASS_BITS)
    kept = _quantise(frequencies, steps)
    levels = _shift(_along_columns(kept, matrix.T), _DCT_BITS - _PASS_BITS)
    levels = _shift(_along_rows(levels, matrix), _DCT_BITS + _PASS_BITS + 3)
    return levels[..., :height, :width].float().add_(128).clamp_(0, 255)


def _quantise(frequencies: Tensor, steps: Tensor) -> Tensor:
    """Round to whole steps, halves away from zero; the transform has made everything 8 times larger."""
    repeats = (1, 1, frequencies.shape[-2] // _SIDE, frequencies.shape[-1] // _SIDE)
    steps = steps.repeat(repeats)
    whole = ((frequencies.abs() + (4 * steps)) / (8 * steps)).floor_()
    return whole.mul_(steps).copysign_(frequencies)


def _along_rows(x: Tensor, matrix: Tensor) -> Tensor:
    return (x.reshape(-1, _SIDE) @ matrix).view(x.shape)


def _along_columns(x: Tensor, matrix: Tensor) -> Tensor:
    return (matrix @ x.view(-1, _SIDE, x.shape[-1])).view(x.shape)


def _matrix(device: torch.device) -> Tensor:
    """Write out the rows of the transform: even ones mirrored, odd ones mirrored and negated."""
    rows = [
        (*half, *(s * v for v in half[::-1])) for half, s in zip(_DCT, (1, -1) * 4, strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float64, device=device)


def _shift(x: Tensor, places: int) -> Tensor:
    """Divide by a power of two in place, halves up."""
    return x.add_(1 << (places - 1)).mul_(0.5**places).floor_()
