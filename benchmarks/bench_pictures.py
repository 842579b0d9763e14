"""SSIM, PSNR and bicubic resizing against scikit-image and torch, on the same pictures in one run.

.venv/bin/python benchmarks/bench_pictures.py
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from components.metrics import psnr, ssim
from components.pictures.resize import resize

_REPEATS = 7


def main() -> None:
    """Measure and print a Markdown table: milliseconds, ratio, and how far the values are apart."""
    gt = torch.from_numpy(data.astronaut()).permute(2, 0, 1).double()[None] / 255
    noise = torch.randn(gt.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    restored = (gt + 12 / 255 * noise).clamp(0, 1)
    a, b = (image[0].permute(1, 2, 0).numpy() for image in (restored, gt))
    print(f"{torch.get_num_threads()} threads, 512x512 RGB\n")
    print("| what | ours, ms | peer | peer, ms | ratio | values apart |")
    print("|---|---|---|---|---|---|")
    row("SSIM", lambda: ssim.measure(restored, gt), "scikit-image", lambda: _ssim(a, b))
    row(
        "PSNR",
        lambda: psnr.measure(restored, gt),
        "scikit-image",
        lambda: peak_signal_noise_ratio(b, a, data_range=1.0),
    )
    image = gt.float()
    row(
        "resize to 1/4",
        lambda: resize(image, 128, 128),
        "F.interpolate(antialias)",
        lambda: F.interpolate(image, (128, 128), mode="bicubic", antialias=True),
    )


def row(what: str, ours: Callable[[], object], peer: str, theirs: Callable[[], object]) -> None:
    """Time two functions in turn and print their row."""
    mine, other = _milliseconds(ours), _milliseconds(theirs)
    apart = np.abs(np.asarray(ours()) - np.asarray(theirs())).max()
    print(f"| {what} | {mine:.2f} | {peer} | {other:.2f} | {other / mine:.1f}x | {apart:.1e} |")


def _ssim(a: np.ndarray, b: np.ndarray) -> float:
    """SSIM in MATLAB's form: the mean over whole windows, which is the inside of the map."""
    _, full = structural_similarity(
        a,
        b,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        channel_axis=2,
        full=True,
    )
    return float(full[5:-5, 5:-5].mean())


def _milliseconds(function: Callable[[], object]) -> float:
    function()
    seconds = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1000


if __name__ == "__main__":
    main()
