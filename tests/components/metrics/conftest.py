"""What the metrics' tests share: photographs, and files in the layouts of published weights."""

import pytest
import torch
from skimage import data

from components.backbones import stacks
from components.store import sha256_of


@pytest.fixture(scope="session")
def astronaut():
    """400 x 384 pixels of a photograph, (1, 3, H, W), RGB in [0, 1]."""
    pixels = torch.from_numpy(data.astronaut()[:400, 60:444].copy())
    return pixels.permute(2, 0, 1)[None].double() / 255


@pytest.fixture(scope="session")
def publish(tmp_path_factory):
    """Save a state dict as others do; gives the parameters that name the file."""
    folder = tmp_path_factory.mktemp("published")

    def save(name, state):
        file = folder / name
        torch.save(state, file)
        return {"source": str(file), "sha256": sha256_of(file)}

    return save


@pytest.fixture(scope="session")
def backbones(publish):
    """AlexNet and VGG-16 in torchvision's layout; their weights are remainders of integers."""

    def state_of(stack):
        state = {"classifier.6.weight": torch.zeros(2, 2)}  # published files hold more than is read
        for number, (name, tensor) in enumerate(stack.state_dict().items()):
            count = torch.arange(tensor.numel())
            values = ((37 * count * count + 101 * count + 17 * number) % 2003) / 1001 - 1
            values *= 2.4 / tensor[0].numel() ** 0.5 if tensor.ndim == 4 else 0.1
            state[name] = values.view(tensor.shape)
        return state

    return {
        "alex": publish("alexnet.pth", state_of(stacks.alexnet())),
        "vgg": publish("vgg16.pth", state_of(stacks.vgg16())),
    }
