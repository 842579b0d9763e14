"""The network against the paper and the authors' code: sizes, operations, names, and arithmetic."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from components.foreign_weights import renamed
from components.models.kdsr import AUTHORS_NAMES, PRESETS, Model, Params

# The authors' networks hold two frozen 1x1 convolutions, of 9 + 3 numbers each, that subtract and add
# the mean colour. Here it is a buffer.
MEAN_SHIFT = 24

# Counted on the authors' own classes, mean shift included: preset, scale, teacher, its estimator,
# student, its estimator. The paper states 5.80, 14.19 and 18.85 million for the students at x4.
COUNTS = [
    ("M", 2, 5_654_299, 1_338_048, 5_647_387, 1_331_136),
    ("M", 3, 5_847_579, 1_346_688, 5_832_027, 1_331_136),
    ("M", 4, 5_822_747, 1_358_784, 5_795_099, 1_331_136),
    ("L", 2, 13_614_491, 4_149_632, 13_600_667, 4_135_808),
    ("L", 3, 14_369_691, 4_166_912, 14_338_587, 4_135_808),
    ("L", 4, 14_246_299, 4_191_104, 14_191_003, 4_135_808),
    ("GAN", 4, 18_901_403, 4_486_272, 18_846_107, 4_430_976),
]


def on_paper(preset: str, **changes: object) -> Model:
    """Build a network without its numbers."""
    with torch.device("meta"):
        return Model(PRESETS[preset].model_copy(update=changes))


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("preset", "scale", "teacher", "teachers_estimator", "student", "students_estimator"), COUNTS
)
def test_the_papers_networks_have_the_authors_number_of_parameters(
    preset, scale, teacher, teachers_estimator, student, students_estimator
):
    roles = ((True, teacher, teachers_estimator), (False, student, students_estimator))
    for privileged, total, estimator in roles:
        model = on_paper(preset, scale=scale, privileged=privileged)
        assert count(model.estimator) == estimator
        assert count(model.trunk) == total - estimator - MEAN_SHIFT
        assert count(model) == total - MEAN_SHIFT


@pytest.mark.parametrize(
    ("preset", "total", "trunk", "estimator"),
    [("M", 228.64, 160.59, 68.05), ("L", 625.48, 421.44, 204.04), ("GAN", 762.30, None, None)],
)
def test_the_papers_networks_take_the_expected_number_of_operations(
    preset, total, trunk, estimator
):
    # Billions of multiply-accumulates for 320x180 pixels, counted on the authors' classes (GAN: by
    # formula), the mean shift included as two 1x1 convolutions.
    model = on_paper(preset)
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, 180, 320, device="meta"))
    counts = counter.get_flop_counts()
    shift = 9 * 180 * 320 * (1 + 4**2)

    def macs(module: str) -> int:
        return sum(counts[module].values()) // 2

    assert round((macs("Model") + shift) / 1e9, 2) == total
    if trunk is not None:
        assert round((macs("Model.trunk") + shift) / 1e9, 2) == trunk
        assert round(macs("Model.estimator") / 1e9, 2) == estimator


def ours(state: dict[str, Any]) -> dict[str, Any]:
    return renamed(state, AUTHORS_NAMES)


def authors_layout(params: Params) -> dict[str, tuple[int, ...]]:
    """Names and shapes in the authors' code at x4, without the mean shift."""
    c, blocks, encoder_blocks = params.channels, params.num_blocks, params.num_encoder_blocks
    e, seen = ("E", 51) if params.privileged else ("E_st", 3)
    last = encoder_blocks + 2
    layers = {
        f"{e}.E.0": (c, seen, 3, 3),
        **{f"{e}.E.{i}.body.{j}": (c, c, 3, 3) for i in range(2, last) for j in (0, 2)},
        f"{e}.E.{last}": (2 * c, c, 3, 3),
        f"{e}.E.{last + 2}": (2 * c, 2 * c, 3, 3),
        f"{e}.E.{last + 4}": (4 * c, 2 * c, 3, 3),
        f"{e}.mlp.0": (4 * c, 4 * c),
        f"{e}.mlp.2": (4 * c, 4 * c),
        f"{e}.compress.0": (c, 4 * c),
        "G.head.0": (c, 3, 3, 3),
        **{f"G.body.0.body.{i}.conv1": (c, c, 3, 3) for i in range(blocks)},
        "G.body.1": (c, c, 3, 3),
        "G.tail.0.0": (4 * c, c, 3, 3),
        "G.tail.0.2": (4 * c, c, 3, 3),
        "G.tail.1": (3, c, 3, 3),
    }
    shapes = {f"{name}.weight": shape for name, shape in layers.items()}
    shapes |= {f"{name}.bias": shape[:1] for name, shape in layers.items()}
    for i in range(blocks):
        shapes[f"G.body.0.body.{i}.da_conv1.kernel.0.weight"] = (c, c)
        shapes[f"G.body.0.body.{i}.da_conv1.kernel.2.weight"] = (9 * c, c)
    return shapes


@pytest.mark.parametrize("preset", ["M", "L", "GAN"])
@pytest.mark.parametrize("privileged", [False, True])
def test_the_authors_weights_fit_by_renaming(preset, privileged):
    layout = authors_layout(PRESETS[preset].model_copy(update={"privileged": privileged}))
    own = on_paper(preset, privileged=privileged).state_dict()
    assert {name: tuple(weight.shape) for name, weight in own.items()} == ours(layout)


def paper_forward(
    weights: dict[str, torch.Tensor], lq: torch.Tensor, seen: torch.Tensor
) -> torch.Tensor:
    """The paper's network at x4, two blocks, one encoder block, from weights in the authors' names."""
    e = "E" if seen.shape[1] == 51 else "E_st"
    mean = torch.tensor([0.4488, 0.4371, 0.4040]).double().view(3, 1, 1)  # held in float32

    def conv(x, name):
        return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1)

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0)

    def act(x):
        return torch.where(x < 0, 0.1 * x, x)

    x = act(conv(seen, f"{e}.E.0"))
    x = x + conv(act(conv(x, f"{e}.E.2.body.0")), f"{e}.E.2.body.2")
    for i in (3, 5, 7):
        x = act(conv(x, f"{e}.E.{i}"))
    code = act(linear(act(linear(x.mean((2, 3)), f"{e}.mlp.0")), f"{e}.mlp.2"))
    compressed = act(linear(code, f"{e}.compress.0"))

    deep = shallow = conv(lq - mean, "G.head.0")
    for i in range(2):
        block = f"G.body.0.body.{i}"
        hidden = act(linear(compressed, f"{block}.da_conv1.kernel.0"))
        kernels = linear(hidden, f"{block}.da_conv1.kernel.2").unflatten(1, (-1, 1, 3, 3))
        samples = zip(deep, kernels, strict=True)
        dynamic = [F.conv2d(x, k, padding=1, groups=len(k)) for x, k in samples]
        deep = deep + conv(act(torch.stack(dynamic)), f"{block}.conv1")
    fused = conv(deep, "G.body.1") + shallow
    for i in (0, 2):
        fused = F.pixel_shuffle(conv(fused, f"G.tail.0.{i}"), 2)
    return conv(fused, "G.tail.1") + mean


@pytest.mark.parametrize("privileged", [False, True])
def test_the_arithmetic_is_the_papers_written_out(privileged):
    params = Params(channels=6, num_blocks=2, num_encoder_blocks=1, privileged=privileged)
    numbers = torch.Generator().manual_seed(0)
    weights = {
        name: 0.3 * torch.randn(shape, generator=numbers, dtype=torch.float64)
        for name, shape in authors_layout(params).items()
    }
    model = Model(params).double()
    model.load_state_dict(ours(weights))
    lq, gt = (torch.rand(2, 3, s, s, generator=numbers, dtype=torch.float64) for s in (7, 28))
    seen = torch.cat((lq, F.pixel_unshuffle(gt, 4)), dim=1) if privileged else lq
    torch.testing.assert_close(model(lq, gt), paper_forward(weights, lq, seen))
