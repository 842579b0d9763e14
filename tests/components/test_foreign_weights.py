"""Weights in their authors' layouts, made up here, against networks written out in these names."""

import re

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from components import parts
from components.errors import CheckpointError, PartError
from components.foreign_weights import import_weights, model_of, names_of, read_state, renamed
from components.models import ffa, fsrcnn, kdsr
from components.training import checkpoint


def ffa_state(channels=16, groups=3, blocks=6):
    """FFA's state dict in its authors' names; the order and shapes of specs and code."""
    c = channels
    layers = {"pre.0": (c, 3, 3, 3)}
    for g in range(1, groups + 1):
        for b in range(blocks):
            block = f"g{g}.gp.{b}"
            layers |= {f"{block}.conv1": (c, c, 3, 3), f"{block}.conv2": (c, c, 3, 3)}
            layers |= {f"{block}.calayer.ca.0": (c // 8, c, 1, 1)}
            layers |= {f"{block}.calayer.ca.2": (c, c // 8, 1, 1)}
            layers |= {f"{block}.palayer.pa.0": (c // 8, c, 1, 1)}
            layers |= {f"{block}.palayer.pa.2": (1, c // 8, 1, 1)}
        layers[f"g{g}.gp.{blocks}"] = (c, c, 3, 3)
    squeezed = max(1, c // 16)
    layers |= {"ca.1": (squeezed, groups * c, 1, 1), "ca.3": (groups * c, squeezed, 1, 1)}
    layers |= {"palayer.pa.0": (c // 8, c, 1, 1), "palayer.pa.2": (1, c // 8, 1, 1)}
    layers |= {"post.0": (c, c, 3, 3), "post.1": (3, c, 3, 3)}
    return with_numbers(layers)


def with_numbers(layers):
    numbers = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in layers.items():
        state[f"{name}.weight"] = 0.05 * torch.randn(shape, generator=numbers)
        state[f"{name}.bias"] = 0.05 * torch.randn(shape[0], generator=numbers)
    return state


def ffa_written_out(w, lq, groups, blocks):
    """FFA-Net's forward pass in the names of its authors."""

    def conv(x, name, padding=1):
        return F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=padding)

    def attend(x, name):
        inner = conv(x, f"{name}.0", 0).relu()
        return conv(inner, f"{name}.2", 0).sigmoid()

    mean = torch.tensor([0.64, 0.60, 0.58]).view(3, 1, 1)
    deviation = torch.tensor([0.14, 0.15, 0.152]).view(3, 1, 1)
    normalised = (lq - mean) / deviation
    x = conv(normalised, "pre.0")
    outputs = []
    for g in range(1, groups + 1):
        start = x
        for b in range(blocks):
            block = f"g{g}.gp.{b}"
            y = conv(conv(x, f"{block}.conv1").relu() + x, f"{block}.conv2")
            y = y * attend(F.adaptive_avg_pool2d(y, 1), f"{block}.calayer.ca")
            x = y * attend(y, f"{block}.palayer.pa") + x
        x = conv(x, f"g{g}.gp.{blocks}") + start
        outputs.append(x)
    pooled = F.adaptive_avg_pool2d(torch.cat(outputs, 1), 1)
    weights = conv(conv(pooled, "ca.1", 0).relu(), "ca.3", 0).sigmoid()
    weights = weights.view(-1, groups, outputs[0].shape[1])[..., None, None]
    fused = sum(weights[:, k] * outputs[k] for k in range(groups))
    fused = fused * attend(fused, "palayer.pa")
    return conv(conv(fused, "post.0"), "post.1") + normalised


@pytest.fixture
def lq():
    return torch.rand(1, 3, 12, 10)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"epoch": 3, "model": {f"module.{n}": v for n, v in state.items()}},
        lambda state: {f"student.{n}": v for n, v in state.items()},
    ],
    ids=["bare", "inside a training's dict", "inside the joint model"],
)
def test_ffa_weights_give_the_authors_pictures(tmp_path, lq, wrap):
    state = ffa_state()
    torch.save(wrap(state), tmp_path / "its.pk.pth")
    import_weights(tmp_path / "its.pk.pth", ffa.PRESETS["student"], tmp_path / "imported")
    network = checkpoint.load(tmp_path / "imported")
    torch.testing.assert_close(network(lq), ffa_written_out(state, lq, 3, 6))


def fsrcnn_state(d=56, s=12, m=4):
    layers = {}
    for colour in "RGB":
        prefix = f"teacher_{colour}"
        layers |= {f"{prefix}.first_part.0": (d, 1, 5, 5)}
        widths = [(d, s, 1), *[(s, s, 3)] * m, (s, d, 1)]
        for k, (inputs, outputs, kernel) in enumerate(widths):
            layers |= {
                f"{prefix}.mid_part.{2 * k}.depthwise": (inputs, 1, kernel, kernel),
                f"{prefix}.mid_part.{2 * k}.pointwise": (outputs, inputs, 1, 1),
            }
    state = with_numbers(layers)
    numbers = torch.Generator().manual_seed(1)
    for colour in "RGB":
        prefix = f"teacher_{colour}"
        slopes = {
            "first_part.1": d,
            "mid_part.11": d,
            **{f"mid_part.{k}": s for k in (1, 3, 5, 7, 9)},
        }
        state |= {
            f"{prefix}.{n}.weight": torch.rand(c, generator=numbers) for n, c in slopes.items()
        }
        state[f"{prefix}.last_part.weight"] = torch.randn(d, 1, 9, 9, generator=numbers)
        state[f"{prefix}.last_part.bias"] = torch.randn(1, generator=numbers)
    return state


def fsrcnn_written_out(w, lq):
    def conv(x, name, **options):
        return F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], **options)

    def enlarge(p, channel):
        x = F.prelu(conv(channel, f"{p}.first_part.0", padding=2), w[f"{p}.first_part.1.weight"])
        for k in range(0, 12, 2):
            part = f"{p}.mid_part.{k}"
            channels, _, kernel, _ = w[f"{part}.depthwise.weight"].shape
            x = conv(x, f"{part}.depthwise", padding=kernel // 2, groups=channels)
            x = F.prelu(conv(x, f"{part}.pointwise"), w[f"{p}.mid_part.{k + 1}.weight"])
        last = w[f"{p}.last_part.weight"], w[f"{p}.last_part.bias"]
        return F.conv_transpose2d(x, *last, stride=2, padding=4, output_padding=1)

    colours = zip("RGB", lq.split(1, dim=1), strict=True)
    return torch.cat([enlarge(f"teacher_{c}", channel) for c, channel in colours], dim=1)


def test_the_joint_models_teachers_give_the_authors_pictures(tmp_path, lq):
    state = fsrcnn_state()
    save_file(state, tmp_path / "teachers.safetensors")
    import_weights(tmp_path / "teachers.safetensors", fsrcnn.PRESETS["teacher"], tmp_path / "made")
    network = checkpoint.load(tmp_path / "made")
    torch.testing.assert_close(network(lq), fsrcnn_written_out(state, lq))


def test_kdsr_weights_come_out_of_basicsrs_wrapping(tmp_path):
    # GAN files hold `params_ema` beside `params`, and a mean shift that is a buffer here.
    params = kdsr.Params(channels=4, num_blocks=1, num_encoder_blocks=0)
    own = kdsr.Model(params).state_dict()
    back = [("trunk.blocks.", "G.body.0.body."), ("trunk.head.", "G.head.0.")]
    back += [("trunk.fuse.", "G.body.1."), ("trunk.upsampler.", "G.tail.0.")]
    back += [("trunk.tail.", "G.tail.1."), ("estimator.body.", "E_st.E."), ("estimator.", "E_st.")]
    back += [(".dynamic.", ".da_conv1."), (".conv.", ".conv1.")]
    theirs = {}
    for name, value in own.items():
        authors_name = name
        for ours, authors in back:
            authors_name = authors_name.replace(ours, authors)
        theirs[authors_name] = value
    theirs |= {"G.sub_mean.weight": torch.eye(3).view(3, 3, 1, 1), "G.add_mean.bias": torch.ones(3)}
    torch.save({"params": {}, "params_ema": theirs}, tmp_path / "gan.pth")
    import_weights(tmp_path / "gan.pth", params, tmp_path / "made")
    loaded = checkpoint.load(tmp_path / "made").state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in own.items())


def test_missing_and_left_over_names_are_listed(tmp_path):
    state = ffa_state()
    del state["pre.0.bias"]
    state["extra.weight"] = torch.zeros(1)
    state["post.1.bias"] = torch.zeros(4)
    torch.save(state, tmp_path / "its.pth")
    with pytest.raises(CheckpointError) as caught:
        import_weights(tmp_path / "its.pth", ffa.PRESETS["student"], tmp_path / "made")
    said = str(caught.value)
    assert "1 missing: head.bias" in said
    assert "1 left over: extra.weight" in said
    assert "1 of another shape: tail.1.bias is (4,), needed (3,)" in said
    assert not (tmp_path / "made").exists()


class Trap:
    def __reduce__(self):
        return (exec, ("raise RuntimeError('run')",))


def test_a_file_that_asks_for_code_is_not_opened(tmp_path):
    torch.save({"model": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(CheckpointError, match=r"trap\.pth: holds more than tensors"):
        read_state(tmp_path / "trap.pth")


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("a.pth", b"", "cannot be read as weights|holds more than tensors"),
        ("a.pth", b"not a file of weights", "cannot be read as weights|holds more than tensors"),
        ("a.safetensors", b"no", "cannot be read as weights"),
        ("a.txt", b"", r"weights end in \.pt"),
    ],
)
def test_what_is_no_file_of_weights_is_refused(tmp_path, name, content, rule):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=rule):
        read_state(tmp_path / name)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"none\.pth: cannot be read"):
        read_state(tmp_path / "none.pth")


def test_a_file_without_a_state_dict_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match="holds no state dict"):
        read_state(tmp_path / "a.pth")


def test_an_existing_folder_is_left_alone(tmp_path):
    with pytest.raises(CheckpointError, match="exists already"):
        import_weights(tmp_path / "a.pth", ffa.PRESETS["student"], tmp_path)


def test_two_entries_of_one_name_are_refused():
    state = {"module.a": torch.zeros(1), "a": torch.zeros(1)}
    with pytest.raises(CheckpointError, match="a: two entries of the weights come to a"):
        renamed(state, ())


def test_a_model_is_named_with_its_preset_and_switches():
    assert model_of("kdsr:L") == kdsr.PRESETS["L"]
    assert model_of("ffa") == ffa.PRESETS["student"]
    assert model_of("kdsr:M:privileged").privileged


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("nothing", "no part 'nothing' in models"),
        ("function", "function is not a network whose weights can be imported"),
        ("kdsr:XL", r"kdsr has no preset 'XL' \(there are: M, L"),
        ("kdsr:M:channels", "kdsr has no switch 'channels'"),
    ],
)
def test_a_model_that_is_not_there_is_refused(text, rule):
    with pytest.raises(PartError, match=rule):
        model_of(text)


def test_a_model_without_published_names_says_so():
    with pytest.raises(PartError, match=r"models\.bicubic does not know the names"):
        names_of(parts.parse("models", {"name": "bicubic"}))


@pytest.mark.parametrize("model", parts.names("models"))
def test_the_names_that_a_model_knows_are_regular_expressions(model):
    for pattern, _ in getattr(parts.load("models", model), "AUTHORS_NAMES", ()):
        re.compile(pattern)
