"""The raindrop protocol, against OpenCV."""

import numpy as np
import pytest
import skimage.data
import torch

from components.metrics import psnr, ssim_skimage
from components.protocols.raindrop_y_opencv import Protocol


def tensor(samples: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(samples).permute(2, 0, 1)[None].float() / 255


def test_luma_is_opencvs_in_integers():
    # (100 * 4899 + 150 * 9617 + 200 * 1868 + 8192) >> 14 = 141; black is 0 and white 255.
    colours = torch.tensor([[100, 0, 255], [150, 0, 255], [200, 0, 255]]).view(1, 3, 1, 3) / 255
    shown, _ = Protocol(scale=1).view(colours, colours, grey=False)
    assert (shown * 255).flatten().tolist() == pytest.approx([141, 0, 255], abs=1e-9)


def test_grey_stays_grey():
    levels = (torch.arange(256) / 255).view(1, 1, 16, 16).expand(1, 3, 16, 16)
    shown, _ = Protocol(scale=1).view(levels, levels, grey=True)
    assert torch.allclose(shown, levels[:, :1].double(), atol=1e-7)


def test_up_to_three_rows_and_columns_are_lost_before_the_model_sees_them():
    gt = torch.rand(1, 3, 11, 13)
    assert torch.equal(Protocol(scale=1).truth(gt, gt), gt[..., :8, :12])
    assert torch.equal(Protocol(scale=1).given(gt), gt[..., :8, :12])


def test_it_is_what_opencv_and_scikit_image_give():
    """Golden: OpenCV 5.0.0, cvtColor with COLOR_BGR2YCrCb, then scikit-image 0.26's defaults."""
    gt = skimage.data.astronaut()[100:263, 120:281]
    noise = np.random.default_rng(0).normal(0, 12, gt.shape)
    noisy = np.uint8(np.clip(np.round(gt + noise), 0, 255))
    protocol = Protocol(scale=1)
    shown = protocol.view(
        protocol.given(tensor(noisy)), protocol.truth(tensor(gt), tensor(noisy)), grey=False
    )
    assert [round(image.sum().item() * 255) for image in shown] == [2745370, 2723240]
    assert psnr.measure(*shown).item() == pytest.approx(30.508814078419512, abs=1e-9)
    assert ssim_skimage.measure(*shown).item() == pytest.approx(0.7716847191719867, abs=1e-6)


def test_its_psnr_is_lower_than_on_matlabs_luma_by_the_ranges():
    restored, gt = torch.full((1, 3, 12, 12), 120 / 255), torch.full((1, 3, 12, 12), 100 / 255)
    shown = Protocol(scale=1).view(restored, gt, grey=False)
    assert psnr.measure(*shown).item() == pytest.approx(20 * np.log10(255 / 20), abs=1e-9)
