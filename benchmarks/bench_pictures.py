"""Metrics and bicubic resizing against their peers, on the same pictures in one run.

.venv/bin/python benchmarks/bench_pictures.py

Peers that the project does not depend on (torchmetrics, BasicSR) are measured where Python finds them; of
BasicSR only the file that resizes is loaded. Every peer gets the layout that it is fastest with:
scikit-image (H, W, C) in double precision, torchmetrics (B, C, H, W) in single.
"""

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
import torch.nn.functional as F
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from components.metrics import ms_ssim, psnr, ssim, ssim_skimage
from components.pictures.resize import resize

_REPEATS = 15

Work = Callable[[], object]


def main() -> None:
    """Measure and print a Markdown table: milliseconds, ratio, and how far the values are apart."""
    gt = (torch.from_numpy(data.astronaut()).permute(2, 0, 1).double()[None] / 255).contiguous()
    noise = torch.randn(gt.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    restored = (gt + 12 / 255 * noise).clamp(0, 1)
    print(f"{torch.get_num_threads()} threads, 512x512 RGB, median of {_REPEATS}\n")
    print("| what | ours, ms | peer | peer, ms | ratio | values apart |")
    print("|---|---|---|---|---|---|")
    against_scikit_image(restored, gt)
    against_torchmetrics(restored, gt)
    resizing(gt.float())


def against_scikit_image(restored: Tensor, gt: Tensor) -> None:
    """Compare PSNR and both forms of SSIM that scikit-image can be set to."""
    a, b = (np.ascontiguousarray(image[0].permute(1, 2, 0).numpy()) for image in (restored, gt))
    peer = "scikit-image"
    row("SSIM", lambda: ssim.measure(restored, gt), peer, lambda: _authors_ssim(a, b))
    row(
        "SSIM, 7 x 7 box",
        lambda: ssim_skimage.measure(restored, gt),
        peer,
        lambda: structural_similarity(a, b, data_range=1.0, channel_axis=2),
    )
    row(
        "PSNR",
        lambda: psnr.measure(restored, gt),
        peer,
        lambda: peak_signal_noise_ratio(b, a, data_range=1.0),
    )


def against_torchmetrics(restored: Tensor, gt: Tensor) -> None:
    """Compare PSNR, SSIM and MS-SSIM, where torchmetrics is there."""
    try:
        from torchmetrics.functional import image as peer
    except ImportError:
        print("torchmetrics is not installed; its rows are left out", file=sys.stderr)
        return
    a, b = restored.float(), gt.float()
    axes = {"data_range": 1.0, "dim": (1, 2, 3), "reduction": "none"}
    peers = (
        ("SSIM", ssim, lambda: peer.structural_similarity_index_measure(a, b, data_range=1.0)),
        (
            "MS-SSIM",
            ms_ssim,
            lambda: peer.multiscale_structural_similarity_index_measure(a, b, data_range=1.0),
        ),
        ("PSNR", psnr, lambda: peer.peak_signal_noise_ratio(a, b, **axes)),
    )
    for what, ours, theirs in peers:
        row(what, lambda part=ours: part.measure(restored, gt), "torchmetrics", theirs)


def resizing(image: Tensor) -> None:
    """Compare the bicubic of the field, in single precision; torch's differs at the borders."""
    basicsr = _file_of("basicsr", "utils/matlab_functions.py")
    for what, given, side in (
        ("resize to 1/4", image, 128),
        ("resize by 4", resize(image, 128, 128), 512),
    ):

        def ours(given: Tensor = given, side: int = side) -> Tensor:
            return resize(given, side, side)

        def by_torch(given: Tensor = given, side: int = side) -> Tensor:
            return F.interpolate(given, (side, side), mode="bicubic", antialias=True)

        def by_basicsr(given: Tensor = given, side: int = side) -> Tensor:
            return basicsr.imresize(given[0], side / given.shape[-1])[None]

        row(what, ours, "F.interpolate(antialias)", by_torch)
        if basicsr is not None:
            row(what, ours, "BasicSR", by_basicsr)


def row(what: str, ours: Work, peer: str, theirs: Work) -> None:
    """Time two functions in turn and print their row."""
    mine, other = _milliseconds(ours, theirs)
    apart = np.abs(np.asarray(ours()) - np.asarray(theirs())).max()
    print(f"| {what} | {mine:.2f} | {peer} | {other:.2f} | {other / mine:.1f}x | {apart:.1e} |")


def _authors_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """SSIM in MATLAB's form: the mean over whole windows, which is the inside of the map."""
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    _, full = structural_similarity(a, b, data_range=1.0, channel_axis=2, full=True, **settings)
    return float(full[5:-5, 5:-5].mean())


def _milliseconds(*functions: Work) -> list[float]:
    """Give each function's median time; they take turns, so that what else runs slows all alike."""
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(1 + _REPEATS):
        for function, times in zip(functions, seconds, strict=True):
            started = time.perf_counter()
            function()
            times.append(time.perf_counter() - started)
    return [statistics.median(times[1:]) * 1000 for times in seconds]


def _file_of(package: str, name: str) -> ModuleType | None:
    """Load one file of a package without the package; None where it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        print(f"{package} is not installed; its rows are left out", file=sys.stderr)
        return None
    file = Path(spec.submodule_search_locations[0]) / name
    found = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
