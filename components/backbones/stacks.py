"""The convolutions of AlexNet and VGG-16, with the features on the way; names are torchvision's.

Source: Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014,
https://arxiv.org/abs/1404.5997 (the AlexNet that torchvision trained); Simonyan and Zisserman, ICLR
2015, https://arxiv.org/abs/1409.1556, configuration D. Published weights: alexnet-owt-7be5be79.pth
and vgg16-397923af.pth at https://download.pytorch.org/models/.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from components.errors import PairError

MEAN = (0.485, 0.456, 0.406)
"""Of ImageNet's pictures, RGB in [0, 1]; torchvision's networks take (image - MEAN) / DEVIATION."""
DEVIATION = (0.229, 0.224, 0.225)

_ALEXNET_TAPS = (1, 4, 7, 9, 11)  # the rectifier of every convolution
_VGG16_TAPS = (3, 8, 15, 22, 29)  # the last rectifier before every pooling, and the last of all


class Stack(nn.Module):
    """Layers that are run one after another; some of their outputs are features.

    Attributes:
        channels: Of the features, in order.
        shortest: A side of the smallest picture that leaves something of the last features.
    """

    def __init__(self, layers: list[nn.Module], taps: tuple[int, ...], *, shortest: int) -> None:
        super().__init__()
        self.features = nn.Sequential(*layers)
        self.taps = frozenset(taps)
        self.shortest = shortest
        widths = [layer.out_channels for layer in layers if isinstance(layer, nn.Conv2d)]
        convolutions = [isinstance(layer, nn.Conv2d) for layer in layers]
        self.channels = tuple(widths[sum(convolutions[: tap + 1]) - 1] for tap in taps)
        self.eval().requires_grad_(False)  # noqa: FBT003 - torch's signature

    def forward(self, image: Tensor) -> Iterator[Tensor]:
        """Yield the features of (B, 3, H, W), each (B, C, h, w), from the finest to the coarsest."""
        for number, layer in enumerate(self.features):
            image = _exactly(layer, image)
            if number in self.taps:
                yield image

    def require_picture(self, image: Tensor, metric: str) -> None:
        """Refuse what the network cannot look at.

        Raises:
            PairError: other than 3 channels, or a side is too short; the message names the metric.
        """
        channels, height, width = image.shape[1:]
        if channels != 3:
            raise PairError(f"{metric} needs RGB images, 3 channels, got {channels}")
        if min(height, width) < self.shortest:
            raise PairError(
                f"{metric} needs sides of at least {self.shortest} pixels, got {height}x{width}"
            )


def alexnet() -> Stack:
    """Make AlexNet's five convolutions; the weights are random until they are filled."""
    layers = [
        *_convolution(3, 64, 11, stride=4, padding=2),
        nn.MaxPool2d(3, 2),
        *_convolution(64, 192, 5, padding=2),
        nn.MaxPool2d(3, 2),
        *_convolution(192, 384, 3, padding=1),
        *_convolution(384, 256, 3, padding=1),
        *_convolution(256, 256, 3, padding=1),
    ]
    return Stack(layers, _ALEXNET_TAPS, shortest=31)


def vgg16(pool: Callable[[int], nn.Module] | None = None) -> Stack:
    """Make VGG-16's thirteen convolutions; the weights are random until they are filled.

    Args:
        pool: Makes what halves the sides, given the channels; None for the maximum of 2 x 2.
    """
    layers: list[nn.Module] = []
    before = 3
    for channels, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        if layers:
            layers.append(pool(before) if pool else nn.MaxPool2d(2))
        for _ in range(count):
            layers += _convolution(before, channels, 3, padding=1)
            before = channels
    return Stack(layers, _VGG16_TAPS, shortest=16)


def normalise(image: Tensor, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Tensor:
    """Subtract means and divide by deviations, per channel of (B, 3, H, W); in single precision."""
    shift, scale = (image.new_tensor(values).view(3, 1, 1) for values in (mean, deviation))
    return ((image - shift) / scale).float()


def _convolution(
    before: int, channels: int, side: int, *, padding: int, stride: int = 1
) -> tuple[nn.Module, nn.Module]:
    # A rectifier in place overwrites what nobody reads again: features are its outputs.
    return nn.Conv2d(before, channels, side, stride, padding), nn.ReLU(inplace=True)


def _exactly(layer: nn.Module, image: Tensor) -> Tensor:
    """Run a layer without TF32, which GPUs use for convolutions unasked, and without autocast."""
    with (
        torch.backends.cudnn.flags(enabled=True, allow_tf32=False),
        torch.autocast(image.device.type, enabled=False),
    ):
        output: Tensor = layer(image)
    return output
