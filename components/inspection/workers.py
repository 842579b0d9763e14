"""Do the same to many pictures at once, in threads: decoders and arithmetic leave Python's lock."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch

from components.artifacts import Progress
from components.datasets.layout import Fault
from components.errors import PictureError

R = TypeVar("R")


def over_pictures(
    work: Callable[[Path], R], files: Sequence[Path], *, progress: Progress, note: str
) -> Iterator[R | Fault]:
    """Call a function for every file, as many at once as the machine has cores.

    Args:
        work: Safe to be called in several threads.
        files: What it is called with.
        progress: Told once a file.
        note: What is being done, for `progress`.

    Yields:
        What the function gave, in the order of the files; a fault where it raised a PictureError.
    """

    def guarded(file: Path) -> R | Fault:
        try:
            return work(file)
        except PictureError as error:
            return Fault(file, str(error).removeprefix(f"{file} "))

    with _one_thread_each(), ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, result in enumerate(pool.map(guarded, files), start=1):
            progress(number, len(files), note)
            yield result


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Keep torch from starting threads of its own in every worker."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
