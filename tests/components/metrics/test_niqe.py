"""NIQE against BasicSR's implementation, and what it cannot judge."""

import numpy as np
import pytest
import torch
from skimage import data

from components import parts
from components.errors import CheckpointError, PairError
from components.metrics.niqe import Metric, Params
from components.pictures import colour
from components.store import sha256_of

# BasicSR 1.4.2, basicsr.metrics.niqe.niqe on the picture below, turned to grey and rounded, with a mean
# of 0 and a covariance of 1; its resizing replaced by ours, which equals MATLAB's more closely (with its
# own it gives 4.683885712). With the published statistics and the baboon of Set14 in luma we give 5.729573;
# BasicSR's source quotes 5.72957338 for MATLAB.
BY_BASICSR = 4.683885749828613


def save(file, **arrays):
    np.savez(file, **arrays)
    return {"source": str(file), "sha256": sha256_of(file)}


@pytest.fixture(scope="module")
def metric(tmp_path_factory):
    file = tmp_path_factory.mktemp("pristine") / "plain.npz"
    pristine = save(file, mu_pris_param=np.zeros((1, 36)), cov_pris_param=np.eye(36))
    part = {"name": "niqe", "pristine": pristine}
    return parts.build("metrics", parts.parse("metrics", part))


@pytest.fixture(scope="module")
def chelsea():
    pixels = torch.from_numpy(data.chelsea()[:200, 100:393].copy())
    return pixels.permute(2, 0, 1)[None].double() / 255


def test_it_equals_basicsr_on_a_photograph(metric, chelsea):
    measured = metric.measure(chelsea, torch.zeros_like(chelsea))
    assert measured.dtype == torch.float64
    assert measured.item() == pytest.approx(BY_BASICSR, rel=1e-6)


def test_only_the_restored_image_is_looked_at(metric, chelsea):
    there = metric.measure(chelsea, chelsea)
    assert torch.equal(there, metric.measure(chelsea, 1 - chelsea))


def test_colour_is_turned_to_grey_and_what_is_beyond_the_blocks_is_left_out(metric, chelsea):
    grey = colour.grey(chelsea)[..., :192, :288]
    assert metric.measure(grey, grey).tolist() == metric.measure(chelsea, chelsea).tolist()


def test_a_batch_gives_what_its_images_give_alone(metric, chelsea):
    images = torch.cat((chelsea, chelsea.flip(-1)))
    alone = [metric.measure(image[None], image[None]).item() for image in images]
    assert metric.measure(images, images).tolist() == alone


def test_a_flat_picture_has_no_number(metric):
    flat = torch.full((1, 1, 96, 192), 0.5)
    assert metric.measure(flat, flat).isnan().all()


def test_what_it_cannot_judge_is_refused(metric):
    image = torch.rand(1, 1, 96, 192)
    with pytest.raises(PairError, match="two blocks of 96 x 96, got 96x191"):
        metric.measure(image[..., 1:], image[..., 1:])
    with pytest.raises(PairError, match="1 or 3 channels, got 2"):
        metric.measure(image.expand(1, 2, 96, 192), image.expand(1, 2, 96, 192))
    with pytest.raises(PairError, match="one shape"):
        metric.measure(image, image[..., 1:])
    with pytest.raises(PairError, match="restored must lie in"):
        metric.measure(image + 2, image)


def test_statistics_that_are_not_there_or_others_are_refused(tmp_path):
    gone = {"source": str(tmp_path / "gone.npz"), "sha256": "01234567"}
    with pytest.raises(CheckpointError, match=r"gone\.npz: no such file"):
        Metric(Params(pristine=gone))
    short = save(tmp_path / "s.npz", mu_pris_param=np.zeros(36), cov_pris_param=np.eye(18))
    with pytest.raises(CheckpointError, match=r"s\.npz: needs cov_pris_param of 1296 numbers"):
        Metric(Params(pristine=short))
