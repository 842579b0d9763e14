"""The scale, and the pictures that it does not divide. The numbers are those of `resize`."""

import pytest
import torch

from components.degradations.bicubic_downsample import Degradation, Params
from components.draws import Draws
from components.errors import PictureError
from components.pictures.resize import resize

DRAWS = Draws(torch.zeros(1))


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_it_is_matlabs_bicubic(scale):
    gt = torch.rand(1, 3, 24, 36)
    given = Degradation(Params(scale=scale))(gt, DRAWS)
    assert torch.equal(given.image, resize(gt, 24 // scale, 36 // scale))
    assert given.drawn == {}


def test_the_value_of_a_step_edge_worked_by_hand():
    # A step between pixels 3 and 4, x2. Keys' kernel, a = -1/2, at the distances 1/4, 3/4, 5/4, 7/4
    # of eight taps that add up to 2:
    _, second, third, fourth = 0.8671875, 0.2265625, -0.0703125, -0.0234375
    step = torch.cat([torch.zeros(4), torch.ones(4)]).expand(1, 1, 8, 8)
    row = Degradation(Params(scale=2))(step, DRAWS).image[0, 0, 0].tolist()
    # Output 0 lies between inputs 0 and 1 and reaches input 4 with its last tap, output 1 lies
    # between inputs 2 and 3 and sees inputs 4, 5, 6; the other two are their mirror images.
    far, near = fourth / 2, (second + third + fourth) / 2
    assert row == pytest.approx([far, near, 1 - near, 1 - far], abs=1e-6)


@pytest.mark.parametrize("sides", [(24, 30), (30, 24)])
def test_sides_that_are_no_multiples_are_refused(sides):
    with pytest.raises(PictureError, match=f"multiples of 4, got {sides[0]}x{sides[1]}"):
        Degradation(Params(scale=4))(torch.rand(1, 3, *sides), DRAWS)
