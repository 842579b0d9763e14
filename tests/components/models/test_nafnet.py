"""NAFNet against its counts, and against its forward pass written out in the authors' names."""

import pytest
import torch
import torch.nn.functional as F

from components.foreign_weights import renamed
from components.models.nafnet import AUTHORS_NAMES, PRESETS, Model, Params


@pytest.mark.parametrize(
    ("preset", "count"), [("w32", 17_111_907), ("w64", 67_888_835), ("w16", 4_347_827)]
)
def test_the_papers_networks_have_their_number_of_parameters(preset, count):
    with torch.device("meta"):
        network = Model(PRESETS[preset])
    assert sum(p.numel() for p in network.parameters()) == count


def test_an_untrained_network_adds_little_more_than_its_head_and_tail():
    network = Model(PRESETS["small"])
    torch.nn.init.zeros_(network.unet.tail.weight)
    torch.nn.init.zeros_(network.unet.tail.bias)
    lq = torch.rand(1, 3, 8, 12)
    torch.testing.assert_close(network(lq), lq)


def block_shapes(prefix, c):
    layers = {"conv1": (2 * c, c, 1, 1), "conv2": (2 * c, 1, 3, 3), "conv3": (c, c, 1, 1)}
    layers |= {"sca.1": (c, c, 1, 1), "conv4": (2 * c, c, 1, 1), "conv5": (c, c, 1, 1)}
    shapes = {f"{prefix}.{name}.weight": shape for name, shape in layers.items()}
    shapes |= {f"{prefix}.{name}.bias": shape[:1] for name, shape in layers.items()}
    shapes |= {f"{prefix}.{n}.{k}": (c,) for n in ("norm1", "norm2") for k in ("weight", "bias")}
    return shapes | {f"{prefix}.{scale}": (1, c, 1, 1) for scale in ("beta", "gamma")}


def authors_state(c):
    """Names and shapes of the authors' code for two stages of 1, 2 | 1 | 2, 1 blocks, with numbers."""
    shapes = {"intro.weight": (c, 3, 3, 3), "intro.bias": (c,)}
    shapes |= {"ending.weight": (3, c, 3, 3), "ending.bias": (3,)}
    shapes |= {"downs.0.weight": (2 * c, c, 2, 2), "downs.0.bias": (2 * c,)}
    shapes |= {"downs.1.weight": (4 * c, 2 * c, 2, 2), "downs.1.bias": (4 * c,)}
    shapes |= {"ups.0.0.weight": (8 * c, 4 * c, 1, 1), "ups.1.0.weight": (4 * c, 2 * c, 1, 1)}
    widths = {"encoders.0.0": c, "encoders.1.0": 2 * c, "encoders.1.1": 2 * c}
    widths |= {"middle_blks.0": 4 * c}
    widths |= {"decoders.0.0": 2 * c, "decoders.0.1": 2 * c, "decoders.1.0": c}
    for prefix, width in widths.items():
        shapes |= block_shapes(prefix, width)
    numbers = torch.Generator().manual_seed(0)
    return {n: 0.3 * torch.randn(s, generator=numbers).double() for n, s in shapes.items()}


class WrittenOut:
    """The authors' forward pass in their names."""

    def __init__(self, weights):
        self.w = weights

    def conv(self, x, name, **options):
        return F.conv2d(x, self.w[f"{name}.weight"], self.w.get(f"{name}.bias"), **options)

    def norm(self, x, name):
        x = (x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + 1e-6).sqrt()
        weight, bias = self.w[f"{name}.weight"], self.w[f"{name}.bias"]
        return x * weight.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)

    def block(self, x, p):
        u = self.conv(self.norm(x, f"{p}.norm1"), f"{p}.conv1")
        u = halves(self.conv(u, f"{p}.conv2", padding=1, groups=u.shape[1]))
        u = u * self.conv(F.adaptive_avg_pool2d(u, 1), f"{p}.sca.1")
        y = x + self.conv(u, f"{p}.conv3") * self.w[f"{p}.beta"]
        v = halves(self.conv(self.norm(y, f"{p}.norm2"), f"{p}.conv4"))
        return y + self.conv(v, f"{p}.conv5") * self.w[f"{p}.gamma"]

    def __call__(self, lq):
        first = self.block(self.conv(lq, "intro", padding=1), "encoders.0.0")
        x = self.block(self.conv(first, "downs.0", stride=2), "encoders.1.0")
        second = self.block(x, "encoders.1.1")
        x = self.block(self.conv(second, "downs.1", stride=2), "middle_blks.0")
        x = F.pixel_shuffle(self.conv(x, "ups.0.0"), 2) + second
        x = self.block(self.block(x, "decoders.0.0"), "decoders.0.1")
        x = self.block(F.pixel_shuffle(self.conv(x, "ups.1.0"), 2) + first, "decoders.1.0")
        return lq + self.conv(x, "ending", padding=1)


def halves(x):
    c = x.shape[1] // 2
    return x[:, :c] * x[:, c:]


def test_the_authors_weights_give_the_authors_pictures():
    network = Model(Params(width=4, encoder=(1, 2), middle=1, decoder=(2, 1))).double()
    state = authors_state(4)
    network.load_state_dict(renamed(state, AUTHORS_NAMES))
    lq = torch.rand(2, 3, 8, 12, dtype=torch.float64)
    torch.testing.assert_close(network(lq), WrittenOut(state)(lq))
