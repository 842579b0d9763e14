"""Both networks against a forward pass written out, and torchvision's numbers of parameters."""

import pytest
import torch
import torch.nn.functional as F

from components.backbones import stacks
from components.errors import PairError

# Of torchvision's `features`; classifiers are left out.
PARAMETERS = {"alexnet": 2_469_696, "vgg16": 14_714_688}
BYTES = torch.arange(3 * 63 * 71).view(1, 3, 63, 71) % 251


def alexnet_by_hand(w, x):
    """Yield the rectified features, layer by layer."""
    for index, stride, padding, pooled in (
        (0, 4, 2, False),
        (3, 1, 2, True),
        (6, 1, 1, True),
        (8, 1, 1, False),
        (10, 1, 1, False),
    ):
        x = F.max_pool2d(x, kernel_size=3, stride=2) if pooled else x
        name = f"features.{index}"
        x = F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], stride, padding).relu()
        yield x


def vgg16_by_hand(w, x):
    """Yield the features before each pooling, and the last."""
    for number, block in enumerate(((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))):
        x = F.max_pool2d(x, kernel_size=2, stride=2) if number else x
        for index in block:
            name = f"features.{index}"
            x = F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], 1, 1).relu()
        yield x


BY_HAND = {"alexnet": alexnet_by_hand, "vgg16": vgg16_by_hand}


@pytest.fixture(scope="module", params=["alexnet", "vgg16"])
def name(request):
    return request.param


@pytest.fixture(scope="module")
def stack(name):
    torch.manual_seed(0)
    return getattr(stacks, name)()


def test_it_has_torchvisions_parameters(stack, name):
    assert sum(p.numel() for p in stack.parameters()) == PARAMETERS[name]


def test_features_are_those_of_a_forward_pass_written_out(stack, name):
    image = BYTES / 250
    features = list(stack(image.clone()))
    expected = list(BY_HAND[name](stack.state_dict(), image))
    assert tuple(f.shape[1] for f in features) == stack.channels
    for found, wanted in zip(features, expected, strict=True):
        torch.testing.assert_close(found, wanted)


def test_nothing_learns_and_the_picture_is_left_alone(stack):
    image = BYTES / 250
    before = image.clone()
    last = list(stack(image))[-1]
    assert torch.equal(image, before)
    assert not last.requires_grad


def test_autocast_does_not_coarsen_features(stack):
    image = BYTES / 250
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = next(iter(stack(image)))
    assert torch.equal(inside, next(iter(stack(image))))


def test_the_shortest_side_leaves_one_feature_and_a_shorter_one_is_refused(stack):
    side = stack.shortest
    image = torch.zeros(1, 3, side, side)
    stack.require_picture(image, "X")
    assert list(stack(image))[-1].shape[2:] == (1, 1)
    with pytest.raises(
        PairError, match=f"X needs sides of at least {side} pixels, got {side - 1}x"
    ):
        stack.require_picture(image[..., 1:, :], "X")
    with pytest.raises(PairError, match="X needs RGB images, 3 channels, got 4"):
        stack.require_picture(torch.zeros(1, 4, side, side), "X")


def test_another_pooling_keeps_torchvisions_names():
    ours = stacks.vgg16(lambda _: torch.nn.AvgPool2d(2))
    assert ours.state_dict().keys() == stacks.vgg16().state_dict().keys()


def test_a_picture_is_normalised_per_channel():
    image = torch.tensor([0.485, 0.456 + 0.224, 0.406 - 0.225]).double().view(1, 3, 1, 1)
    normal = stacks.normalise(image, stacks.MEAN, stacks.DEVIATION)
    assert normal.dtype == torch.float32
    assert normal.flatten().tolist() == pytest.approx([0, 1, -1], abs=1e-6)
