"""The arithmetic of JPEG against libjpeg, bit for bit."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from components.pictures.jpeg import by_arithmetic, by_libjpeg, recompress

QUALITIES = torch.tensor([1, 10, 30, 49, 50, 51, 75, 95, 100])


def batch(height: int, width: int) -> torch.Tensor:
    """As many pictures as there are qualities, levels: crops of a photograph, and noise."""
    photograph = data.astronaut()
    crops = [photograph[50 * n : 50 * n + height, 30 * n : 30 * n + width] for n in range(7)]
    noise = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    levels = torch.from_numpy(np.concatenate([np.stack(crops), noise]))
    return levels.permute(0, 3, 1, 2).float()


@pytest.mark.parametrize("halve_chroma", [True, False])
@pytest.mark.parametrize(
    "sides",
    [(64, 64), (17, 23), (33, 5), (5, 33), (15, 16), (31, 30), (8, 6), (1, 1), (2, 3), (3, 4)],
)
def test_the_arithmetic_equals_libjpeg_bit_for_bit(sides, halve_chroma):
    levels = batch(*sides)
    ours = by_arithmetic(levels, QUALITIES, halve_chroma=halve_chroma)
    theirs = by_libjpeg(levels, QUALITIES, halve_chroma=halve_chroma)
    assert torch.equal(ours, theirs.float())


def test_on_a_cpu_every_picture_is_what_pillow_gives():
    levels = batch(40, 50)
    given = recompress(levels / 255, QUALITIES)
    for sample, quality, image in zip(levels, QUALITIES.tolist(), given, strict=True):
        stream = BytesIO()
        picture = Image.fromarray(sample.permute(1, 2, 0).byte().numpy())
        picture.save(stream, "JPEG", quality=quality)  # Pillow halves chroma unless told otherwise
        expected = torch.from_numpy(np.asarray(Image.open(stream)).copy()).permute(2, 0, 1)
        assert torch.equal((image * 255).round().byte(), expected)


def test_values_are_clipped_and_rounded_first_and_qualities_too():
    levels = batch(24, 24)
    wild = levels / 255 + 0.3 / 255
    wild[levels == 255] = 1.7
    wild[levels == 0] = -0.4
    given = recompress(wild, QUALITIES + torch.linspace(-0.4, 0.4, 9))
    assert torch.equal(given, recompress(levels / 255, QUALITIES))


def test_the_type_is_kept_and_nothing_gives_nothing():
    for kind in (torch.float32, torch.float64):
        assert recompress(torch.rand(1, 3, 9, 9, dtype=kind), torch.tensor([50])).dtype == kind
    nothing = torch.rand(0, 3, 16, 16)
    assert recompress(nothing, torch.rand(0)).shape == nothing.shape
    assert by_arithmetic(nothing, torch.rand(0), halve_chroma=True).shape == nothing.shape
