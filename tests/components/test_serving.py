"""Restoring picture files: tiles, alpha, grey, 16 bits; where results go, and what is refused."""

import numpy as np
import pytest
import torch
from PIL import Image

from components.errors import CheckpointError, PictureError
from components.models.kdsr import PRESETS, Model
from components.pictures import images
from components.pictures.colour import grey
from components.pictures.images import Picture
from components.pictures.resize import resize
from components.serving import restore_file, restore_picture, targets
from components.training import checkpoint

SMALL = PRESETS["small"]


def build(**changes):
    """Make the network that ships, which before its training neither adds to bicubic nor minds its code."""
    torch.manual_seed(0)
    network = Model(SMALL.model_copy(update=changes)).eval()
    torch.nn.init.normal_(network.trunk.tail.weight, std=0.05)
    torch.nn.init.normal_(network.estimator.compress[0].weight, std=10)
    return network


@pytest.fixture(scope="module")
def network():
    return build()


@pytest.fixture(scope="module")
def model(tmp_path_factory, network):
    """A checkpoint folder."""
    folder = tmp_path_factory.mktemp("model")
    checkpoint.save(folder, network, {"model": SMALL.model_dump(mode="json")})
    return folder


def drawn(*shape, seed=1):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def picture(height=9, width=11, *, channels=3, bits=8, alpha=False):
    """Draw a picture whose samples lie on the levels of its bits."""
    top = 255 if bits == 8 else 65535
    values = (drawn(channels + alpha, height, width) * top).round() / top
    return Picture(values[:channels], bits, values[channels:] if alpha else None)


def saved(file, **kind):
    images.write(file, picture(**kind))
    return file


# --- restore_picture


@pytest.mark.parametrize(("height", "width"), [(37, 23), (16, 33), (17, 65), (50, 1)])
def test_tiles_together_are_the_whole_picture_at_any_size(network, height, width):
    whole = restore_picture(network, picture(height, width), tile=1000).pixels
    tiled = restore_picture(network, picture(height, width), tile=16).pixels
    assert whole.shape == (3, 4 * height, 4 * width)
    torch.testing.assert_close(tiled, whole, rtol=0, atol=2e-6)


def test_every_tile_is_restored_under_the_code_of_the_whole_picture(network):
    dark, bright = drawn(3, 40, 40, seed=2) * 0.1, drawn(3, 40, 40, seed=3)
    both = Picture(torch.cat([dark, bright], dim=2))
    seen = restore_picture(network, both, tile=40).pixels[..., : 4 * 20]
    alone = restore_picture(network, Picture(dark), tile=40).pixels[..., : 4 * 20]
    # The halo is 12 pixels, so the bright half reaches these columns through the code alone.
    assert (seen - alone).abs().max() > 1e-3


def test_alpha_is_enlarged_by_bicubic_and_leaves_the_colours_alone(network):
    with_alpha = picture(7, 9, alpha=True)
    restored = restore_picture(network, with_alpha)
    opaque = restore_picture(network, Picture(with_alpha.pixels))
    assert torch.equal(restored.pixels, opaque.pixels)
    enlarged = resize(with_alpha.alpha.unsqueeze(0), 28, 36)[0].clamp(0, 1)
    torch.testing.assert_close(restored.alpha, enlarged)
    assert opaque.alpha is None


def test_a_half_transparent_picture_stays_half_transparent(network):
    veiled = Picture(drawn(3, 6, 5), alpha=torch.full((1, 6, 5), 0.5))
    alpha = restore_picture(network, veiled).alpha
    torch.testing.assert_close(alpha, torch.full((1, 24, 20), 0.5))


def test_a_grey_picture_stays_grey_and_is_what_three_equal_channels_give(network):
    one = picture(8, 7, channels=1, bits=16)
    restored = restore_picture(network, one)
    three = restore_picture(network, Picture(images.rgb(one)))
    assert restored.grey
    assert restored.bits == 16
    torch.testing.assert_close(restored.pixels, grey(three.pixels))


def test_a_restored_picture_stays_between_black_and_white(network):
    edges = Picture((drawn(3, 12, 12) > 0.5).float())
    pixels = restore_picture(network, edges).pixels
    assert (pixels.min(), pixels.max()) == (0, 1)


def test_a_network_that_needs_the_ground_truth_cannot_restore():
    with pytest.raises(PictureError, match="sees the ground truth; it can teach, not restore"):
        restore_picture(build(privileged=True), picture())


# --- restore_file


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".bmp"])
def test_the_suffix_of_the_target_says_the_format(model, tmp_path, suffix):
    source, target = saved(tmp_path / "a.png"), tmp_path / f"large{suffix}"
    restore_file(model, source, target)
    with Image.open(target) as image:
        assert image.format == images._FORMATS[suffix]
        assert image.size == (44, 36)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
def test_bits_grey_and_alpha_of_a_file_are_kept(model, tmp_path, bits, channels, alpha):
    source = saved(tmp_path / "a.png", bits=bits, channels=channels, alpha=alpha)
    restore_file(model, source, tmp_path / "b.png", tile=4)
    restored = images.read(tmp_path / "b.png")
    assert restored.pixels.shape == (channels, 36, 44)
    assert restored.bits == bits
    assert (restored.alpha is not None) == alpha


def test_a_16_bit_result_uses_the_levels_between_those_of_8_bits(model, tmp_path, network):
    source = saved(tmp_path / "a.png", bits=16)
    restore_file(model, source, tmp_path / "b.png")
    written = images.read(tmp_path / "b.png").pixels
    expected = restore_picture(network, images.read(source)).pixels
    torch.testing.assert_close(written, expected, rtol=0, atol=1 / 65535)
    assert (np.round(written.numpy() * 65535) % 257 != 0).mean() > 0.9


def test_missing_folders_of_the_target_are_made(model, tmp_path):
    restore_file(model, saved(tmp_path / "a.png"), tmp_path / "new/folder/a.png")
    assert [path.name for path in (tmp_path / "new/folder").iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        ({"bits": 16}, "b.jpg", r"b\.jpg: JPEG cannot hold 16-bit RGB; PNG can"),
        ({"alpha": True}, "b.jpg", r"b\.jpg: JPEG cannot hold 8-bit RGBA; PNG can"),
        ({"channels": 1}, "b.webp", r"b\.webp: WEBP cannot hold 8-bit L; PNG can"),
    ],
)
def test_a_format_that_cannot_hold_the_result_is_refused_and_nothing_is_written(
    model, tmp_path, kind, name, reason
):
    source = saved(tmp_path / "a.png", **kind)
    with pytest.raises(PictureError, match=reason):
        restore_file(model, source, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_target_below_a_file_is_refused_by_name(model, tmp_path):
    source = saved(tmp_path / "a.png")
    with pytest.raises(PictureError, match=r"a\.png/b\.png: cannot be written: "):
        restore_file(model, source, source / "b.png")


def test_a_text_file_is_refused_by_name(model, tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(PictureError, match=r"a\.png cannot be read as a picture: it is none of"):
        restore_file(model, tmp_path / "a.png", tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()


def test_a_folder_without_a_model_is_refused_by_name(tmp_path):
    source = saved(tmp_path / "a.png")
    with pytest.raises(CheckpointError, match=r"model\.json: cannot be read"):
        restore_file(tmp_path, source, tmp_path / "b.png")


# --- targets


@pytest.fixture
def there(tmp_path, monkeypatch):
    """Two pictures of one name in two folders, and a third; paths are relative to here."""
    monkeypatch.chdir(tmp_path)
    for name in ("x/a.png", "y/a.png", "y/b.png", "photo"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"not read here")
    return tmp_path


@pytest.mark.parametrize(
    ("sources", "output", "expected"),
    [
        (["x/a.png"], "large.jpg", ["large.jpg"]),
        (["x/a.png"], "new/large.jpg", ["new/large.jpg"]),
        (["x/a.png"], "new", ["new/a.png"]),
        (["x/a.png"], "y", ["y/a.png"]),
        (["x/a.png", "y/b.png"], "new", ["new/a.png", "new/b.png"]),
        (["x/a.png", "y/b.png"], "new.d", ["new.d/a.png", "new.d/b.png"]),
    ],
)
def test_one_picture_may_name_its_file_and_several_go_into_a_folder(
    there, sources, output, expected
):
    found = targets([there / s for s in sources], there / output)
    assert found == [(there / s, there / e) for s, e in zip(sources, expected, strict=True)]
    assert not (there / "new").exists()


@pytest.mark.parametrize(
    ("sources", "output", "reason"),
    [
        (["x/c.png", "x/a.png", "d.png"], "new", r"no such file: x/c\.png, d\.png"),
        (["x"], "new", "no such file: x"),
        (["x/a.png"], "x/a.png", r"x/a\.png: the result would overwrite it; name another output"),
        (["x/a.png"], "y/../x", r"x/a\.png: the result would overwrite it"),
        (["x/a.png", "y/a.png"], "new", r"new/a\.png: two pictures would be written there"),
        (["x/a.png"], "photo", "photo: is a file, but the results need a folder"),
        (["x/a.png", "y/b.png"], "x/a.png", r"x/a\.png: is a file, but the results need"),
        (["x/a.png"], "large.gif", r"large\.gif: the suffix must be one of \.png, \.jpg"),
        (["photo"], "new", r"new/photo: the suffix must be one of \.png, \.jpg"),
    ],
)
def test_impossible_targets_are_refused_before_anything_is_done(there, sources, output, reason):
    with pytest.raises(PictureError, match=rf"^{reason}"):
        targets([*map(type(there), sources)], type(there)(output))
    assert not (there / "new").exists()


def test_a_link_to_the_input_would_overwrite_it_too(there):
    (there / "link.png").symlink_to(there / "x/a.png")
    with pytest.raises(PictureError, match="the result would overwrite it"):
        targets([there / "x/a.png"], there / "link.png")
