"""The loader against PNG files, LMDB, WebDataset and an array in memory; and what it costs as a set grows.

    RESTILL_DATASETS=FOLDER .venv/bin/python benchmarks/bench_loader.py

Pictures are made of those of FOLDER/BSD400, else drawn dead leaves, 480x480 each. Peers that are not installed
are left out: lmdb, webdataset, and cv2, which decodes PNG for BasicSR; without it Pillow does. Every loader
gives the same: (32, 3, 128, 128) float32 in [0, 1] from random places, flipped at random. One thread, one
process, files in the system's cache, unless a row says otherwise. Takes five minutes and 2 GB of disk.
"""

import argparse
import importlib.util
import io
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, RandomSampler

from components import degradations, parts
from components.artifacts import Manifest, name_of
from components.config import load_params
from components.datasets.manifest import COLUMNS, FILE, write_rows
from components.degradations import Degraded
from components.draws import Draws
from components.pictures.dead_leaves import dead_leaves
from components.store import Store, Workplace
from components.training.batches import Order
from components.training.crops import Crops
from components.training.decoded import PIXELS, Decoded, decode
from components.training.pairs import Pairs
from components.training.patches import Patches
from components.training.session import new_network
from flows.environment import find_checkout

_PICTURES, _BATCH, _PATCH = 24, 32, 128
_SIZES = (1, 10, 100)
_ROUNDS, _SECONDS = 5, 1.5

Picture = NDArray[np.uint8]  # (H, W, 3)


class Same(degradations.Degradation):
    """Degrades nothing: what is measured is the loader."""

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:  # noqa: ARG002 - the contract
        """Give the batch back."""
        return Degraded(image)


class Peer(Dataset[Tensor]):
    """What trainers do: read a whole picture, cut a random patch, flip it, make a tensor of it."""

    def __init__(self, read: Callable[[int], Picture]) -> None:
        self.read = read

    def __len__(self) -> int:
        return _PICTURES

    def __getitem__(self, number: int) -> Tensor:
        """Give one patch, (3, 128, 128) in [0, 1]."""
        return patch_of(self.read(number))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", type=Path, help="measure one store and print its row's cells")
    probed: Path | None = parser.parse_args().probe
    torch.set_num_threads(1)
    if probed:
        print(probe(probed))
        return
    with tempfile.TemporaryDirectory() as folder:
        files = write_pictures(Path(folder))
        compare(files, Path(folder))
        grow(files, Path(folder))
    share_of_a_step()


def compare(files: list[Path], folder: Path) -> None:
    """Print what a patch costs by each loader, on the same pictures."""
    loaders = dict(all_loaders(files, folder))
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in loaders}
    for _ in range(_ROUNDS):  # in turn, so that a busy moment hits all of them
        for name, batches in loaders.items():
            found[name].append(cost(batches))
    cpu = {name: statistics.median(c for c, _ in costs) for name, costs in found.items()}
    png, ram = (next(c for n, c in cpu.items() if n.startswith(k)) for k in ("PNG", "array"))
    print(
        "| loader | CPU us/patch | patches/s | times PNG files | times an array |\n|---|---|---|---|---|"
    )
    for name, costs in found.items():
        rate = 1 / statistics.median(wall for _, wall in costs)
        if "2 workers" in name:  # whose own clocks are not ours
            print(f"| {name} | | {rate:,.0f} | | |")
        else:
            c = cpu[name]
            print(f"| {name} | {c * 1e6:,.0f} | {rate:,.0f} | {png / c:.1f} | {ram / c:.2f} |")


def all_loaders(files: list[Path], folder: Path) -> Iterator[tuple[str, Iterator[Tensor]]]:
    """Yield every loader that can run here, by name."""
    decoder = "cv2" if importlib.util.find_spec("cv2") else "Pillow"
    png = Peer(lambda number: decode_png(files[number].read_bytes()))
    yield f"PNG files ({decoder}), DataLoader, 0 workers", in_batches(png, workers=0)
    yield f"PNG files ({decoder}), DataLoader, 2 workers", in_batches(png, workers=2)
    if importlib.util.find_spec("webdataset"):
        yield "WebDataset of PNG, 0 workers", webdataset_of(files, folder / "set.tar")
    if importlib.util.find_spec("lmdb"):
        values = {n: file.read_bytes() for n, file in enumerate(files)}
        stored = lmdb_of(values, folder / "png.lmdb")
        yield "LMDB of PNG, 0 workers", in_batches(Peer(lambda n: decode_png(stored(n))), workers=0)
        pictures = {n: decode_png(content) for n, content in values.items()}
        raw = lmdb_of({n: p.tobytes() for n, p in pictures.items()}, folder / "raw.lmdb")
        shapes = [p.shape for p in pictures.values()]
        uncoded = Peer(lambda n: np.frombuffer(raw(n), np.uint8).reshape(shapes[n]))
        yield "LMDB of decoded pictures, 0 workers", in_batches(uncoded, workers=0)
    yield "array in memory", from_memory([decode_png(file.read_bytes()) for file in files])
    crops = Crops(decoded(files, folder / "set"), Same(), Order(0, _BATCH), patch=_PATCH)
    yield "`pool: all`, decoded pictures by memory map", (crops(step).gt for step in count())
    pool = torch.randint(256, (1024, 3, _PATCH, _PATCH), dtype=torch.uint8)
    pairs = Pairs(Patches(pool), Same(), Order(0, _BATCH))
    yield "`pool: 1024`, patches in memory", (pairs(step).gt for step in count())


def cost(batches: Iterator[Tensor]) -> tuple[float, float]:
    """Give the seconds of a patch: by this process's own clock, and on the wall."""
    assert next(batches).shape == (_BATCH, 3, _PATCH, _PATCH)  # noqa: S101 - also starts the workers
    started, cpu, patches = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - started < _SECONDS:
        patches += len(next(batches))
    return (time.process_time() - cpu) / patches, (time.perf_counter() - started) / patches


def in_batches(dataset: Peer, *, workers: int) -> Iterator[Tensor]:
    """Iterate as trainers do."""
    sampler = RandomSampler(dataset, replacement=True, num_samples=10**9)
    return iter(DataLoader(dataset, _BATCH, sampler=sampler, num_workers=workers))


def from_memory(pictures: list[Picture]) -> Iterator[Tensor]:
    """Slice arrays in memory: the least that a loader has to do."""
    generator = np.random.default_rng(0)
    while True:
        batch = np.empty((_BATCH, 3, _PATCH, _PATCH), np.uint8)
        for target in batch:
            target[:] = random_patch(pictures[generator.integers(len(pictures))], generator)
        yield torch.from_numpy(batch).float().div_(255)


def lmdb_of(values: dict[int, bytes], folder: Path) -> Callable[[int], bytes]:
    """Write a database and return a function that reads it."""
    import lmdb

    environment = lmdb.open(str(folder), map_size=1 << 30)
    with environment.begin(write=True) as transaction:
        for number, value in values.items():
            transaction.put(str(number).encode(), value)

    def read(number: int) -> bytes:
        with environment.begin() as transaction:
            value: bytes = transaction.get(str(number).encode())
        return value

    return read


def webdataset_of(files: list[Path], shard: Path) -> Iterator[Tensor]:
    """Write a shard and read it over and over."""
    import webdataset

    with tarfile.open(shard, "w") as archive:
        for number, file in enumerate(files):
            archive.add(file, f"{number:06d}.png")
    stream = webdataset.WebDataset(str(shard), shardshuffle=False).repeat()
    patches = stream.map(lambda sample: patch_of(decode_png(sample["png"])))
    return iter(DataLoader(patches, _BATCH))


def patch_of(picture: Picture) -> Tensor:
    """Cut a random patch and make a tensor of it."""
    patch = random_patch(picture, np.random.default_rng(int(torch.randint(1 << 31, ()))))
    return torch.from_numpy(np.ascontiguousarray(patch)).float().div_(255)


def random_patch(picture: Picture, generator: np.random.Generator) -> Picture:
    """Cut a random patch, flip and transpose it at random; a view, (3, 128, 128)."""
    y, x = (int(generator.integers(side - _PATCH + 1)) for side in picture.shape[:2])
    patch = picture[y : y + _PATCH, x : x + _PATCH].transpose(2, 0, 1)
    along_x, along_y, across = generator.integers(0, 2, 3).tolist()
    patch = patch[:, :: 1 - 2 * along_y, :: 1 - 2 * along_x]
    return patch.swapaxes(1, 2) if across else patch


def decode_png(content: bytes) -> Picture:
    """Decode with cv2, or with Pillow where that is not installed."""
    if importlib.util.find_spec("cv2"):
        import cv2

        cv2.setNumThreads(1)
        bgr: Picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        return bgr[..., ::-1]
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def grow(files: list[Path], folder: Path) -> None:
    """Print time and memory for one set of each size, each read by a process of its own."""
    print(
        "\n| pictures | GB decoded | decoding, s | CPU us/patch | of an array in memory | ", end=""
    )
    print("cold, us/patch | own memory, MB | mapped, MB |\n|---|---|---|---|---|---|---|---|")
    for times in _SIZES:
        store = folder / f"set {times}"
        started = time.perf_counter()
        made = decoded(files * times, store)
        seconds = time.perf_counter() - started
        size = sum(made.until[-1:]) * 3 / 1e9
        me = [sys.executable, __file__, "--probe", str(store)]
        done = subprocess.run(me, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
        print(f"| {times * _PICTURES} | {size:.2f} | {seconds:.1f} | {done.stdout.strip()} |")


def probe(store: Path) -> str:
    """Read one store: microseconds per patch, warm, of an array, and cold; and the memory it takes."""
    (file,) = store.glob(f"training.decoded/*/{PIXELS}")
    with file.open("rb") as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    before = memory()
    crops = Crops(Decoded(file.parent, 1), Same(), Order(0, _BATCH), patch=_PATCH)
    started = time.perf_counter()
    for step in range(10):
        crops(step)
    cold = (time.perf_counter() - started) / (10 * _BATCH)
    warm = after_a_while(crops(step).gt for step in count())
    own, mapped = (now - then for now, then in zip(memory(), before, strict=True))
    pictures = crops.decoded
    sides = zip(pictures.height.tolist(), pictures.width.tolist(), strict=True)
    flat = np.fromfile(file, np.uint8)
    arrays, start = [], 0
    for height, width in sides:
        arrays.append(flat[start : start + height * width * 3].reshape(height, width, 3))
        start += height * width * 3
    array = after_a_while(from_memory(arrays))
    cells = (warm * 1e6, array * 1e6, cold * 1e6, own, mapped)
    return " | ".join(f"{cell:.0f}" for cell in cells)


def after_a_while(batches: Iterator[Tensor]) -> float:
    """Give the CPU seconds of a patch after 20,000 patches."""
    for _ in range(20_000 // _BATCH):
        next(batches)
    return statistics.median(cost(batches)[0] for _ in range(_ROUNDS))


def memory() -> tuple[float, float]:
    """Say how much memory is this process's own, and how much of files is mapped; MB."""
    status = Path("/proc/self/status").read_text()
    kilobytes = [int(re.search(rf"{name}:\s+(\d+)", status)[1]) for name in ("RssAnon", "RssFile")]  # type: ignore[index] # Linux has both
    return kilobytes[0] / 1e3, kilobytes[1] / 1e3


def share_of_a_step() -> None:
    """Print what a step of the smallest shipped student consists of."""
    params = load_params(find_checkout(Path.cwd()).params).chosen
    recipe: Any = parts.build("recipes", params)
    network = new_network(recipe.student_params(), seed=0)
    network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters())
    pool = torch.randint(256, (4096, 3, 64, 64), dtype=torch.uint8)
    damage = parts.build("degradations", params.degradation)
    full, bare = (Pairs(Patches(pool), d, Order(0, 16)) for d in (damage, Same()))

    def step(number: int) -> None:
        optimiser.zero_grad()
        terms = recipe.student_terms(network, None, full(number))
        torch.stack(list(terms.values())).sum().backward()
        optimiser.step()

    loading, both, whole = milliseconds(bare), milliseconds(full), milliseconds(step)
    print("\n| step of the student alone, batch 16, patch 64 | ms | share |\n|---|---|---|")
    print(f"| patches | {loading:.2f} | {loading / whole:.1%} |")
    print(f"| degradation | {both - loading:.2f} | {(both - loading) / whole:.1%} |")
    print(f"| network, its gradient, optimiser | {whole - both:.1f} | {1 - both / whole:.1%} |")


def milliseconds(function: Callable[[int], object]) -> float:
    """Time a function of the step; the median of 30 steps."""
    seconds = []
    for step in range(33):
        started = time.perf_counter()
        function(step)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[3:]) * 1e3


def write_pictures(folder: Path) -> list[Path]:
    """Write 480x480 PNG files, the size of BasicSR's sub-images; of BSD400, two pictures each."""
    root = Path(os.environ.get("RESTILL_DATASETS", "")) / "BSD400"
    photographs = [_upright(file) for file in sorted(root.glob("*.jpg"))[: 2 * _PICTURES]]
    palette = data.coffee()
    files = []
    for number in range(_PICTURES):
        picture = (
            np.concatenate(photographs[2 * number : 2 * number + 2], axis=1)[:480, :480]
            if photographs
            else dead_leaves(number, palette=palette, pixels=480)
        )
        files.append(folder / f"{number:03d}.png")
        Image.fromarray(picture).save(files[-1])
    print(f"{_PICTURES} pictures of {'BSD400' if photographs else 'dead leaves'}, 480x480\n")
    return files


def _upright(file: Path) -> Picture:
    picture = np.asarray(Image.open(file).convert("RGB"))
    return picture if picture.shape[0] > picture.shape[1] else np.rot90(picture)


def decoded(files: list[Path], folder: Path) -> Decoded:
    """Decode files, each as often as it is listed, under names of their own."""
    workplace = Workplace(Store(folder), folder / "data")
    workplace.data.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, file in enumerate(files):
        link = workplace.data / f"{number:06d}.png"
        if not link.exists():
            link.hardlink_to(file)
        width, height = Image.open(file).size
        known = {"path": link.name, "split": "train", "width": width, "height": height}
        rows.append(dict.fromkeys(COLUMNS) | {"sha256": ""} | known)
    listed = folder / "dataset" / "key"
    listed.mkdir(parents=True, exist_ok=True)
    write_rows(listed / FILE, rows)
    manifest = Manifest(
        folder=name_of(listed), data_digest="", rows_digest="", counts={}, num_bytes=0
    )
    return decode(manifest, "train", workplace, mates=False)


if __name__ == "__main__":
    main()
