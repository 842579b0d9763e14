"""The row without a network."""

import pytest
import torch

from components.models import bicubic
from components.pictures.resize import resize


@pytest.mark.parametrize(("preset", "scale"), [("x2", 2), ("x3", 3), ("x4", 4)])
def test_a_preset_enlarges_by_its_scale(preset, scale):
    lq = torch.rand(2, 3, 9, 7)
    model = bicubic.Model(bicubic.PRESETS[preset])
    assert model.scale == scale
    assert torch.equal(model(lq), resize(lq, 9 * scale, 7 * scale))


def test_there_is_nothing_to_train_and_no_code():
    model = bicubic.Model(bicubic.PRESETS["x4"])
    assert not list(model.parameters())
    assert model.encode(torch.rand(1, 3, 4, 4)) is None


def test_a_tile_with_its_halo_restores_as_the_whole_does():
    lq = torch.rand(1, 3, 20, 24, dtype=torch.float64)
    model = bicubic.Model(bicubic.PRESETS["x4"])
    halo = model.halo
    tile = model(lq[..., 6 - halo : 14 + halo, 8 - halo : 18 + halo])
    inside = tile[..., 4 * halo : -4 * halo, 4 * halo : -4 * halo]
    assert (inside - model(lq)[..., 24:56, 32:72]).abs().max() < 1e-12
