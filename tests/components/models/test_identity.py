"""The row that does nothing."""

import torch

from components.models.identity import Model, Params


def test_the_degraded_picture_is_given_back():
    model = Model(Params())
    lq = torch.rand(2, 3, 9, 7) * 2 - 0.5
    assert torch.equal(model(lq), lq)
    assert model.scale == 1
    assert not list(model.parameters())
