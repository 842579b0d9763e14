"""How the network behaves: sizes, batches, codes, teacher and student, and what it refuses."""

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError

from components.errors import PairError
from components.models import kdsr
from components.models.kdsr import PRESETS, DynamicConv, Model, Params
from components.pictures.resize import resize

TINY = Params(channels=8, num_blocks=2, num_encoder_blocks=1)


def build(params: Params, **changes: object) -> Model:
    torch.manual_seed(0)
    return Model(params.model_copy(update=changes))


def pictures(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("skip", ["none", "bicubic"])
def test_odd_sides_grow_by_exactly_the_scale(scale, skip):
    restored = build(TINY, scale=scale, skip=skip)(pictures(1, 3, 17, 23))
    assert restored.shape == (1, 3, 17 * scale, 23 * scale)


@pytest.mark.parametrize("privileged", [False, True])
def test_the_code_has_four_numbers_per_channel_and_is_compressed_to_one(privileged):
    model = build(TINY, privileged=privileged)
    code = model.encode(pictures(2, 3, 7, 5), pictures(2, 3, 28, 20))
    assert code.shape == (2, 4 * TINY.channels)
    assert model.estimator.compress(code).shape == (2, TINY.channels)


def test_a_batch_gives_what_its_samples_give_alone():
    model = build(TINY, privileged=True).double()
    lq, gt = pictures(3, 3, 9, 8).double(), pictures(3, 3, 36, 32).double()
    alone = [model(lq[i : i + 1], gt[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(model(lq, gt), torch.cat(alone))


def test_another_code_gives_another_image():
    model = build(TINY)
    lq = pictures(1, 3, 8, 8)
    code = model.encode(lq)
    # Even its length is felt: the kernels are not normalised.
    assert not torch.allclose(model.restore(lq, code), model.restore(lq, 2 * code), atol=1e-6)


def test_the_dynamic_convolution_is_nine_shifted_products():
    torch.manual_seed(0)
    conv = DynamicConv(5)
    features, compressed = torch.randn(3, 5, 6, 7), torch.randn(3, 5)
    kernels = conv.kernel(compressed).view(3, 5, 3, 3)  # rows run over channels, then y, then x
    padded = F.pad(features, (1, 1, 1, 1))
    expected = sum(
        padded[..., y : y + 6, x : x + 7] * kernels[:, :, y, x, None, None]
        for y in range(3)
        for x in range(3)
    )
    torch.testing.assert_close(conv(features, compressed), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_halo_is_the_trunks_exact_reach(scale):
    model = build(TINY, scale=scale).double()
    lq = pictures(1, 3, 3, 40).double()
    code = model.encode(lq)
    changed = lq.clone()
    changed[..., 20] += 1
    moved = (model.restore(changed, code) != model.restore(lq, code)).any(dim=2).any(dim=1)
    columns = moved.squeeze(0).nonzero().squeeze(1) // scale
    assert (columns.min().item(), columns.max().item()) == (20 - model.halo, 20 + model.halo)


def test_a_teacher_sees_each_ground_truth_pixel_over_its_degraded_pixel():
    model = build(TINY, scale=2, privileged=True)
    lq, gt = pictures(1, 3, 2, 3), pictures(1, 3, 4, 6)
    seen = []
    model.estimator.body[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    model.encode(lq, gt)
    blocks = [gt[:, c, y::2, x::2] for c in range(3) for y in range(2) for x in range(2)]
    torch.testing.assert_close(seen[0], torch.cat((lq, torch.stack(blocks, dim=1)), dim=1))


def test_a_teacher_tells_apart_what_only_the_ground_truth_tells_apart():
    model = build(TINY, privileged=True)
    lq = pictures(1, 3, 6, 6)
    black, white = torch.zeros(1, 3, 24, 24), torch.ones(1, 3, 24, 24)
    assert not torch.allclose(model.encode(lq, black), model.encode(lq, white))


def test_a_student_does_not_look_at_the_ground_truth():
    model = build(TINY)
    lq = pictures(1, 3, 6, 6)
    assert torch.equal(model(lq, torch.ones(1, 3, 24, 24)), model(lq))


def test_a_teacher_without_ground_truth_is_refused():
    with pytest.raises(PairError, match="got no gt"):
        build(TINY, privileged=True)(pictures(1, 3, 6, 6))


@pytest.mark.parametrize("shape", [(1, 3, 12, 12), (1, 3, 24, 23), (2, 3, 24, 24), (1, 1, 24, 24)])
def test_a_ground_truth_of_another_size_is_refused(shape):
    with pytest.raises(PairError, match=r"must be \(1, 3, 24, 24\), got") as refusal:
        build(TINY, privileged=True).encode(pictures(1, 3, 6, 6), torch.zeros(shape))
    assert str(shape) in str(refusal.value)


def test_restoring_without_a_code_is_refused():
    with pytest.raises(TypeError, match="a code"):
        build(TINY).restore(pictures(1, 3, 6, 6), None)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_untrained_small_network_is_bicubic_enlargement(scale):
    lq = pictures(2, 3, 10, 7)
    restored = build(PRESETS["small"], scale=scale)(lq)
    assert torch.equal(restored, resize(lq, 10 * scale, 7 * scale))


def test_the_untrained_small_network_can_learn():
    model = build(PRESETS["small"])
    F.l1_loss(model(pictures(1, 3, 6, 6)), pictures(1, 3, 24, 24)).backward()
    assert model.trunk.tail.weight.grad.abs().sum() > 0


def test_the_papers_network_adds_its_details_to_the_mean_colour():
    model = build(TINY)
    for parameter in model.trunk.tail.parameters():
        torch.nn.init.zeros_(parameter)
    restored = model(pictures(1, 3, 4, 4))
    mean = torch.tensor([0.4488, 0.4371, 0.4040])
    torch.testing.assert_close(restored, mean.view(1, 3, 1, 1).expand(1, 3, 16, 16))


def test_reconstruction_trains_every_parameter_of_teacher_and_student():
    for privileged in (True, False):
        model = build(TINY, privileged=privileged)
        lq, gt = pictures(1, 3, 6, 6), pictures(1, 3, 24, 24)
        F.l1_loss(model(lq, gt), gt).backward()
        idle = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
        assert not idle


def test_a_student_inherits_its_teachers_trunk_and_nothing_else():
    teacher = build(TINY, privileged=True)
    student = build(TINY)
    student.trunk.load_state_dict(teacher.trunk.state_dict())
    lq, code = pictures(1, 3, 6, 6), teacher.encode(pictures(1, 3, 6, 6), pictures(1, 3, 24, 24))
    compressed = teacher.estimator.compress(code)
    assert torch.equal(student.trunk(lq, compressed), teacher.trunk(lq, compressed))
    assert not torch.equal(student.estimator.compress(code), compressed)


def test_the_defaults_are_the_papers_medium_student():
    assert PRESETS["M"] == Params(scale=4, channels=64, num_blocks=53, num_encoder_blocks=9)
    assert [PRESETS[name].skip for name in ("M", "L", "GAN")] == ["none"] * 3
    assert not PRESETS["M"].privileged


@pytest.mark.parametrize(
    "wrong", [{"scale": 8}, {"channels": 0}, {"num_blocks": 0}, {"num_encoder_blocks": -1}]
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Params(**wrong)


def test_a_large_image_has_the_code_of_its_tiles_together(monkeypatch):
    monkeypatch.setattr(kdsr, "_TILE", 16)
    network = kdsr.Model(kdsr.PRESETS["small"]).eval()
    lq = torch.rand(2, 3, 37, 50)
    with torch.no_grad():
        tiled = network.encode(lq)
    whole = network.encode(lq)  # with gradients the image is never cut
    torch.testing.assert_close(tiled, whole, rtol=1e-5, atol=1e-6)
