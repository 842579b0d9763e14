"""Real-ESRGAN's degradation: ours against BasicSR's functions in the authors' order, in one run.

    .venv/bin/python benchmarks/bench_degradations.py [--threads 1] [--batches 6] [--batch 4]

The peer is BasicSR 1.4.2 (`pip install --no-deps basicsr==1.4.2 opencv-python-headless`); without it only
our times are printed. Both take the same pictures, 400 x 400 as in the authors' training, and the same
ranges and shares, and both draw their kernels within the time that is measured. What differs: the authors
draw sizes, kinds of noise and order once a batch, we once a sample; our factors are rounded to
twentieths; their JPEG is an approximation, ours is libjpeg.
"""

import argparse
import importlib
import importlib.util
import math
import statistics
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from skimage import data
from torch import Tensor

from components import parts
from components.draws import Draws, seeds_for

_SIDE = 400
_SCALE = 4
_KINDS = ["iso", "aniso", "generalized_iso", "generalized_aniso", "plateau_iso", "plateau_aniso"]
_SIDES = range(7, 22, 2)
_MODES = ["area", "bilinear", "bicubic"]
_SHARES = [0.45, 0.25, 0.12, 0.03, 0.12, 0.03]


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--batch", type=int, default=4)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    gt = photographs(chosen.batch)
    print(
        f"{chosen.threads} threads, {chosen.batches} batches of {chosen.batch}, {_SIDE}x{_SIDE}\n"
    )
    chain, sharpen = ours("real_esrgan"), ours("unsharp_mask")
    peer = Peer.find()
    print("| what | ours, CPU ms a picture | BasicSR, CPU ms | ratio |\n|---|---|---|---|")
    row("second-order chain", chain, peer and peer.chain, gt, chosen.batches)
    row("of it: unsharp mask", sharpen, peer and peer.sharpen, gt, chosen.batches)
    for name in ("mixed_blur", "gaussian_noise", "poisson_noise", "jpeg"):
        row(f"of it: {name}", ours(name), peer and getattr(peer, name), gt, chosen.batches)
    small = F.interpolate(gt, (_SIDE // _SCALE, _SIDE // _SCALE), mode="area")
    print(f"\nPSNR of the chain's pictures against gt / {_SCALE} by area, mean and deviation:")
    print(f"ours {likeness(lambda gt, n: chain(gt, n).image, gt, small, chosen.batches)}")
    if peer:
        print(f"BasicSR {likeness(peer.chain, gt, small, chosen.batches)}")
    print("\n| part alone | CPU ms a picture |\n|---|---|")
    for name in ("haze", "heteroscedastic_noise", "motion_blur", "raindrops", "rain_streaks"):
        print(f"| {name} | {milliseconds(ours(name), gt, chosen.batches):.1f} |", flush=True)


def photographs(count: int) -> Tensor:
    """Cut pictures from scikit-image's photographs, (count, 3, 400, 400)."""
    whole = (data.astronaut(), data.coffee()[:, 100:])
    crops = [whole[n % 2][n % 3 : n % 3 + _SIDE - 3] for n in range(count)]
    pictures = [torch.from_numpy(crop.copy()).permute(2, 0, 1).float() / 255 for crop in crops]
    return torch.stack([F.interpolate(p[None], (_SIDE, _SIDE))[0] for p in pictures])


def ours(name: str) -> Callable[[Tensor, int], Any]:
    """Build one of our parts; it takes pictures and the number of the batch."""
    raw: dict[str, Any] = {"name": name}
    if name == "gaussian_noise":
        raw |= {"level": [1.0, 30.0], "grey_share": 0.4}
    part = parts.build("degradations", parts.configure("degradations", raw))

    def run(gt: Tensor, number: int) -> Any:
        return part(gt, Draws(seeds_for(number, torch.arange(len(gt)))))

    return run


def row(
    what: str,
    mine: Callable[[Tensor, int], object],
    theirs: Callable[[Tensor, int], object] | None,
    gt: Tensor,
    batches: int,
) -> None:
    """Time two functions and print their row."""
    own = milliseconds(mine, gt, batches)
    if theirs is None:
        print(f"| {what} | {own:.1f} | not installed | |", flush=True)
        return
    other = milliseconds(theirs, gt, batches)
    print(f"| {what} | {own:.1f} | {other:.1f} | {other / own:.1f}x |", flush=True)


def milliseconds(function: Callable[[Tensor, int], object], gt: Tensor, batches: int) -> float:
    """Average a processor's time over batches, each another draw; the first call warms up."""
    function(gt, batches)
    seconds = []
    for number in range(batches):
        started = time.process_time()
        function(gt, number)
        seconds.append(time.process_time() - started)
    return statistics.mean(seconds) / len(gt) * 1000


def likeness(
    function: Callable[[Tensor, int], Tensor], gt: Tensor, small: Tensor, batches: int
) -> str:
    """Tell how far pictures are degraded: two chains of equal distributions agree."""
    mse = [(function(gt, n) - small).square().mean(dim=(1, 2, 3)) for n in range(batches)]
    psnr = -10 * torch.cat(mse).log10()
    return f"{psnr.mean():.2f} +- {psnr.std() / len(psnr) ** 0.5:.2f}, {psnr.std():.2f} dB"


class Peer:
    """BasicSR's functions, put together as Real-ESRGAN's model does."""

    def __init__(self, folder: Path) -> None:
        _stand_in(folder)
        self.parts = importlib.import_module("basicsr.data.degradations")
        pictures = importlib.import_module("basicsr.utils.img_process_util")
        self.rng = np.random.default_rng(0)
        self.filter2d = pictures.filter2D
        self.usm = pictures.USMSharp()
        coder = importlib.import_module("basicsr.utils.diffjpeg")
        self.coder = coder.DiffJPEG(differentiable=False)

    @classmethod
    def find(cls) -> "Peer | None":
        """Load BasicSR where it is installed."""
        spec = importlib.util.find_spec("basicsr")
        if spec is None or not spec.submodule_search_locations:
            return None
        return cls(Path(spec.submodule_search_locations[0]))

    def chain(self, gt: Tensor, _: int) -> Tensor:
        """Degrade a batch."""
        height, width = gt.shape[-2:]
        small = (height // _SCALE, width // _SCALE)
        out = self.filter2d(self.usm(gt), self._kernels(len(gt), (0.2, 3.0)))
        out = self._resized(out, (height, width), [0.2, 0.7, 0.1], (0.15, 1.5))
        out = self._noisy(out, [1, 30], [0.05, 3])
        out = self._coded(out)
        if self.rng.uniform() < 0.8:
            out = self.filter2d(out, self._kernels(len(gt), (0.2, 1.5)))
        out = self._resized(out, small, [0.3, 0.4, 0.3], (0.3, 1.2))
        out = self._noisy(out, [1, 25], [0.05, 2.5])
        if self.rng.uniform() < 0.5:
            out = self._coded(self._filtered(out, small))
        else:
            out = self._filtered(self._coded(out), small)
        return (out.clamp(0, 1) * 255).round() / 255

    def sharpen(self, gt: Tensor, _: int) -> Tensor:
        """Apply the unsharp mask alone."""
        return self.usm(gt)

    def mixed_blur(self, gt: Tensor, _: int) -> Tensor:
        """Draw kernels and filter."""
        return self.filter2d(gt, self._kernels(len(gt), (0.2, 3.0)))

    def gaussian_noise(self, gt: Tensor, _: int) -> Tensor:
        """Add Gaussian noise."""
        return self.parts.random_add_gaussian_noise_pt(
            gt, sigma_range=[1, 30], clip=False, rounds=False, gray_prob=0.4
        )

    def poisson_noise(self, gt: Tensor, _: int) -> Tensor:
        """Add Poisson noise."""
        return self.parts.random_add_poisson_noise_pt(
            gt, scale_range=[0.05, 3], gray_prob=0.4, clip=False, rounds=False
        )

    def jpeg(self, gt: Tensor, _: int) -> Tensor:
        """Compress."""
        return self._coded(gt)

    def _kernels(self, count: int, width: tuple[float, float]) -> Tensor:
        kernels = np.zeros((count, 21, 21), dtype=np.float32)
        for kernel in kernels:
            side = int(self.rng.choice(_SIDES))
            if self.rng.uniform() < 0.1:
                cutoff = self.rng.uniform(math.pi / (3 if side < 13 else 5), math.pi)
                made = self.parts.circular_lowpass_kernel(cutoff, side, pad_to=False)
            else:
                made = self.parts.random_mixed_kernels(
                    _KINDS,
                    _SHARES,
                    side,
                    width,
                    width,
                    [-math.pi, math.pi],
                    [0.5, 4],
                    [1, 2],
                    noise_range=None,
                )
            margin = (21 - side) // 2
            kernel[margin : margin + side, margin : margin + side] = made
        return torch.from_numpy(kernels)

    def _resized(
        self,
        image: Tensor,
        size: tuple[int, int],
        shares: list[float],
        factors: tuple[float, float],
    ) -> Tensor:
        way = str(self.rng.choice(["up", "down", "keep"], p=shares))
        factor = {
            "up": self.rng.uniform(1, factors[1]),
            "down": self.rng.uniform(factors[0], 1),
            "keep": 1.0,
        }[way]
        mode = str(self.rng.choice(_MODES))
        height, width = (int(side * factor) for side in size)
        return F.interpolate(image, (height, width), mode=mode)

    def _noisy(self, image: Tensor, sigma: list[float], scale: list[float]) -> Tensor:
        if self.rng.uniform() < 0.5:
            return self.parts.random_add_gaussian_noise_pt(
                image, sigma_range=sigma, clip=True, rounds=False, gray_prob=0.4
            )
        return self.parts.random_add_poisson_noise_pt(
            image, scale_range=scale, gray_prob=0.4, clip=True, rounds=False
        )

    def _coded(self, image: Tensor) -> Tensor:
        quality = image.new_zeros(len(image)).uniform_(30, 95)
        return self.coder(image.clamp(0, 1), quality=quality).contiguous()

    def _filtered(self, image: Tensor, size: tuple[int, int]) -> Tensor:
        image = F.interpolate(image, size, mode=str(self.rng.choice(_MODES)))
        kernels = np.zeros((len(image), 21, 21), dtype=np.float32)
        kernels[:, 10, 10] = 1
        for kernel in kernels:
            if self.rng.uniform() < 0.8:
                side = int(self.rng.choice(_SIDES))
                cutoff = self.rng.uniform(math.pi / 3, math.pi)
                kernel[:] = self.parts.circular_lowpass_kernel(cutoff, side, pad_to=21)
        return self.filter2d(image, torch.from_numpy(kernels))


def _stand_in(folder: Path) -> None:
    """Make BasicSR 1.4.2 importable: its packages' own imports need a torchvision of 2022."""
    for name in ("basicsr", "basicsr.data", "basicsr.utils"):
        _module(name).__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
    _module("torchvision"), _module("torchvision.transforms")
    _module("torchvision.transforms.functional_tensor", rgb_to_grayscale=_grey)


def _module(name: str, **contents: object) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module
    return module


def _grey(image: Tensor, num_output_channels: int = 1) -> Tensor:
    weights = image.new_tensor([0.2989, 0.587, 0.114]).view(3, 1, 1)
    return (image * weights).sum(dim=-3, keepdim=True).expand(-1, num_output_channels, -1, -1)


if __name__ == "__main__":
    main()
