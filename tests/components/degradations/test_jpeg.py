"""Qualities are drawn; the compression itself is tested in test_jpeg.py of the pictures."""

import pytest
import torch

from components.degradations.jpeg import Degradation, Params
from components.draws import Draws, seeds_for
from components.pictures.jpeg import recompress


def compress(gt: torch.Tensor, **params):
    return Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(len(gt)))))


def test_every_sample_is_compressed_at_the_quality_drawn_for_it():
    gt = torch.rand(4, 3, 24, 24)
    given = compress(gt)
    quality = given.drawn["jpeg_quality"]
    assert len(quality.unique()) == 4
    for sample in range(4):
        alone = recompress(gt[sample : sample + 1], quality[sample : sample + 1])
        assert torch.equal(given.image[sample : sample + 1], alone)


def test_qualities_are_whole_and_within_their_range():
    quality = compress(torch.rand(400, 3, 2, 2), quality=(40.0, 45.0)).drawn["jpeg_quality"]
    assert quality.unique().tolist() == [40, 41, 42, 43, 44, 45]


def test_less_quality_is_more_damage():
    gt = torch.rand(1, 3, 64, 64)
    errors = [(compress(gt, quality=q).image - gt).square().mean() for q in (90.0, 50.0, 10.0)]
    assert errors == sorted(errors)


def test_whole_chroma_keeps_colours_that_change_from_pixel_to_pixel():
    gt = torch.zeros(1, 3, 16, 16)
    gt[:, 0, :, ::2] = gt[:, 2, :, 1::2] = 1  # red and blue columns
    halved, whole = (
        (compress(gt, quality=95.0, halve_chroma=halve).image - gt).abs().mean()
        for halve in (True, False)
    )
    assert whole < 0.1 * halved


def test_the_quality_must_be_a_range():
    with pytest.raises(ValueError, match="low <= high"):
        Params(quality=(90.0, 10.0))
