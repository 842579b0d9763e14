"""Natural image quality evaluator: how far a picture's statistics lie from those of pristine pictures.

No ground truth is looked at. The picture, in levels of 255, is normalised by its local mean and deviation
under a 7 x 7 Gaussian window; in blocks of 96 x 96 pixels, and of 48 x 48 at half size, an asymmetric
generalised Gaussian is fitted to the values and to the products of neighbours in four directions. The
metric is the distance of the 36 features' mean to that of pristine pictures, under both covariances.

Mean and covariance of pristine pictures are a file of others: niqe_pris_params.npz of BasicSR,
basicsr/metrics/ at https://github.com/XPixelGroup/BasicSR, holds those that the authors published for
research (`mu_pris_param`, `cov_pris_param`).

Source: Mittal, Soundararajan, Bovik, IEEE SPL 2013, https://doi.org/10.1109/LSP.2012.2227726.
"""

from functools import cache
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from components.backbones import weights
from components.backbones.weights import Weights
from components.errors import CheckpointError, PairError
from components.parts import PartParams
from components.pictures import colour, pair, windows
from components.pictures.resize import resize

_BLOCK = 96
_REACH = 3
_WIDTH = 7 / 6
_FEATURES = 36
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows, columns


class Params(PartParams):
    """Parameters of NIQE."""

    name: Literal["niqe"] = "niqe"
    pristine: Weights = Field(description="mean and covariance of pristine pictures")


class Metric:
    """NIQE with published statistics of pristine pictures.

    Raises:
        CheckpointError: the file is missing, damaged, or holds other statistics.
    """

    UNIT = ""
    HIGHER_IS_BETTER = False

    def __init__(self, params: Params) -> None:
        state = weights.read(params.pristine)
        wanted = {"mu_pris_param": _FEATURES, "cov_pris_param": _FEATURES**2}
        for name, count in wanted.items():
            if name not in state or state[name].numel() != count:
                raise CheckpointError(f"{params.pristine.source}: needs {name} of {count} numbers")
        self.mean = state["mu_pris_param"].double().flatten()
        self.covariance = state["cov_pris_param"].double().view(_FEATURES, _FEATURES)

    def measure(self, restored: Tensor, gt: Tensor) -> Tensor:
        """Measure how unnatural each restored image is.

        Args:
            restored: (B, C, H, W) in [0, 1], one channel, or RGB, which is turned to grey by MATLAB's
                weights; at least two whole blocks of 96 x 96 pixels. Rounded to 8 bits.
            gt: Same shape and range; not looked at beyond that.

        Returns:
            (B,) float64, lower is better; NaN where no block has both signs, as in a flat picture.

        Raises:
            PairError: shapes differ, values leave [0, 1], C is not 1 or 3, or too few blocks.
        """
        pair.require_same_shape(restored, gt)
        pair.require_unit_range(restored, gt)
        channels, height, width = restored.shape[1:]
        if channels not in {1, 3}:
            raise PairError(f"NIQE needs grey or RGB images, 1 or 3 channels, got {channels}")
        if (height // _BLOCK) * (width // _BLOCK) < 2:
            raise PairError(f"NIQE needs two blocks of {_BLOCK} x {_BLOCK}, got {height}x{width}")
        image = restored.double()
        image = torch.round(255 * (colour.grey(image) if channels == 3 else image))
        whole = image[..., : height - height % _BLOCK, : width - width % _BLOCK]
        return torch.stack([self._distance(one) for one in whole.split(1)])

    def _distance(self, image: Tensor) -> Tensor:
        """Compare the statistics of one image, (1, 1, H, W) in levels of 255; a scalar."""
        height, width = image.shape[-2:]
        half = 255 * resize(image / 255, height // 2, width // 2)
        fine, coarse = _features(image, _BLOCK), _features(half, _BLOCK // 2)
        features = torch.cat((fine, coarse), dim=1)  # (blocks, 36)
        whole = features[~features.isnan().any(dim=1)]
        if len(whole) < 2:
            return features.new_tensor(float("nan"))
        off = self.mean.to(features) - features.nanmean(dim=0)
        spread = (self.covariance.to(features) + whole.T.cov()) / 2
        distance: Tensor = (off @ torch.linalg.pinv(spread) @ off).sqrt()
        return distance


def _features(image: Tensor, block: int) -> Tensor:
    """Give the 18 features of each block, (blocks, 18)."""
    normal = _normalised(image)[0, 0]
    blocks = normal.unfold(0, block, block).unfold(1, block, block).flatten(0, 1)
    alpha, left, right = _generalised_gaussian(blocks)
    found = [alpha, (left + right) / 2]
    for shift in _NEIGHBOURS:
        alpha, left, right = _generalised_gaussian(blocks * blocks.roll(shift, dims=(1, 2)))
        mean = (right - left) * (torch.lgamma(2 / alpha) - torch.lgamma(1 / alpha)).exp()
        found += [alpha, mean, left, right]
    return torch.stack(found, dim=1)


def _normalised(image: Tensor) -> Tensor:
    """Subtract the local mean and divide by the local deviation, plus one level."""
    mean = _smooth(image)
    variance = _smooth(image.square()) - mean.square()
    return (image - mean) / (variance.abs().sqrt() + 1)


def _smooth(image: Tensor) -> Tensor:
    """Weigh by the Gaussian window; borders repeat the edge."""
    taps = image.new_tensor(windows.gaussian(_REACH, _WIDTH))
    padded = F.pad(image, (_REACH,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, taps.view(1, 1, 1, -1)), taps.view(1, 1, -1, 1))


def _generalised_gaussian(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit an asymmetric generalised Gaussian by its moments to (blocks, h, w).

    Returns:
        Shape, left and right scale, each (blocks,); NaN where a sign is missing.
    """
    values = values.flatten(1)
    power = values.square()
    left, right = ((power * side).sum(1) / side.sum(1) for side in (values < 0, values > 0))
    left, right = left.sqrt(), right.sqrt()
    skew = left / right
    ratio = values.abs().mean(dim=1).square() / power.mean(dim=1)
    target = ratio * (skew**3 + 1) * (skew + 1) / (skew.square() + 1).square()
    shapes, ratios = (table.to(values.device) for table in _shapes())
    alpha = shapes[(ratios - target[:, None]).abs().argmin(dim=1)]
    scale = ((torch.lgamma(1 / alpha) - torch.lgamma(3 / alpha)) / 2).exp()
    return alpha, left * scale, right * scale


@cache
def _shapes() -> tuple[Tensor, Tensor]:
    """Tabulate the ratio of moments, by which the shape is looked up: (9801,) each."""
    shapes = torch.arange(200, 10_001, dtype=torch.float64) / 1000
    logs = [torch.lgamma(k / shapes) for k in (1, 2, 3)]
    return shapes, (2 * logs[1] - logs[0] - logs[2]).exp()
