"""What two images must share before they are compared."""

import math
import re

import pytest
import torch

from components.errors import PairError
from components.pictures import pair


def test_equal_shapes_and_the_ends_of_the_range_pass():
    image = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    pair.require_same_shape(image, image)
    pair.require_unit_range(image, image)


@pytest.mark.parametrize(
    ("restored", "gt"),
    [((1, 3, 4, 4), (1, 3, 4, 5)), ((3, 4, 4), (3, 4, 4)), ((0, 3, 4, 4), (0, 3, 4, 4))],
)
def test_other_shapes_are_refused_by_name(restored, gt):
    message = re.escape(f"got {restored} and {gt}")
    with pytest.raises(PairError, match=message):
        pair.require_same_shape(torch.zeros(restored), torch.zeros(gt))


@pytest.mark.parametrize("value", [-0.001, 1.001, math.nan, math.inf])
def test_a_value_outside_the_range_names_its_image(value):
    good, bad = torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2)
    bad[0, 0, 1, 0] = value
    with pytest.raises(PairError, match="restored must lie in"):
        pair.require_unit_range(bad, good)
    with pytest.raises(PairError, match="ground truth must lie in"):
        pair.require_unit_range(good, bad)
