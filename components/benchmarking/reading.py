"""Read a suite's pictures ahead of the model, and hand them over in batches of equal size.

A picture is decoded once for all its slices. Damage is drawn a picture at a time, on the device, so that
no picture's damage depends on its company to the last digit.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

import torch
from torch import Tensor

from components import parts
from components.benchmarking.suites import Case, Suite
from components.degradations import Degradation
from components.draws import Draws
from components.errors import PairError, PictureError, ProtocolError
from components.parts import PartParams
from components.pictures import images
from components.protocols import Protocol

J = TypeVar("J")
D = TypeVar("D")

_MATES = 8  # of one picture that are decoded at once; a set may have 35


@dataclass(frozen=True, slots=True)
class Read:
    """One case, decoded; on the CPU.

    Attributes:
        number: Of the case in the suite.
        case: Where it comes from.
        gt: The part that counts, (1, 3, H, W).
        lq: The set's own degraded picture, (1, 3, h, w); None where it is drawn.
        grey: The ground truth's file has one channel.
    """

    number: int
    case: Case
    gt: Tensor
    lq: Tensor | None
    grey: bool

    @property
    def form(self) -> tuple[object, ...]:
        """What cases of one batch have in common."""
        return (self.gt.shape, None if self.lq is None else self.lq.shape, self.grey)


@dataclass(frozen=True, slots=True)
class Batch:
    """Cases of one size, on the device.

    Attributes:
        numbers: Of the cases in the suite.
        cases: The cases.
        lq: (B, 3, h, w).
        gt: (B, 3, H, W).
        grey: The ground truths' files have one channel.
    """

    numbers: tuple[int, ...]
    cases: tuple[Case, ...]
    lq: Tensor
    gt: Tensor
    grey: bool


def batches(suite: Suite, *, device: str, pixels: int, readers: int) -> Iterator[Batch]:
    """Yield the cases of a suite, pictures of one size one after another.

    Args:
        suite: What to read.
        device: Where the batches go.
        pixels: Of ground truth, as many as a batch may have; one case is always taken.
        readers: Threads that decode while the caller computes.

    Raises:
        PictureError: a picture is damaged, or too small.
        PairError: a pair cannot belong together; both messages name the case.
    """
    protocol = suite.instrument
    sizes = {case.gt: images.size_of(case.gt) for case in suite.cases}
    numbered = sorted(enumerate(suite.cases), key=lambda item: (sizes[item[1].gt], str(item[1].gt)))
    jobs = [
        job
        for _, group in groupby(numbered, key=lambda item: item[1].gt)
        for job in _in_parts(list(group))
    ]
    ahead = _ahead(lambda job: _decode(job, protocol), jobs, readers)
    read = (case for done in ahead for case in done)
    for group in _of_one_form(read, pixels):
        yield _batch(group, protocol, device)


def read_case(case: Case, suite: Suite) -> Batch:
    """Read one case alone, on the CPU."""
    protocol = suite.instrument
    return _batch(_decode([(0, case)], protocol), protocol, "cpu")


def _in_parts(cases: list[tuple[int, Case]]) -> Iterator[list[tuple[int, Case]]]:
    """Cut the cases of one picture, so that few of its mates are in memory together."""
    step = _MATES if cases[0][1].lq else len(cases)
    yield from (cases[start : start + step] for start in range(0, len(cases), step))


def _ahead(function: Callable[[J], D], jobs: Iterable[J], threads: int) -> Iterator[D]:
    """Map in order, `threads` jobs ahead of whoever asks."""
    pool = ThreadPoolExecutor(threads)
    waiting: deque[Future[D]] = deque()
    try:
        for job in jobs:
            waiting.append(pool.submit(function, job))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _decode(cases: list[tuple[int, Case]], protocol: Protocol) -> list[Read]:
    """Decode cases of one ground truth."""
    with named(cases[0][1]):
        picture = images.read(cases[0][1].gt)
        whole = images.rgb(picture).unsqueeze(0)
    read = []
    for number, case in cases:
        with named(case):
            lq = images.rgb(images.read(case.lq)).unsqueeze(0) if case.lq else None
            gt = protocol.truth(whole, lq)
            if not gt.numel():
                height, width = whole.shape[-2:]
                raise PictureError(
                    f"{protocol.id} leaves nothing of a picture of {height}x{width} pixels"
                )
            read.append(Read(number, case, gt, lq, picture.grey))
    return read


def _of_one_form(read: Iterable[Read], pixels: int) -> Iterator[list[Read]]:
    """Collect neighbours that fit into one batch."""
    group: list[Read] = []
    for item in read:
        area = item.gt.shape[-2] * item.gt.shape[-1]
        if group and (item.form != group[0].form or (len(group) + 1) * area > pixels):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _batch(group: list[Read], protocol: Protocol, device: str) -> Batch:
    gt = torch.cat([item.gt for item in group]).to(device)
    degraded = []
    for item, own in zip(group, gt.split(1), strict=True):
        with named(item.case):
            lq = _drawn(item.case, own) if item.lq is None else item.lq.to(device)
            degraded.append(protocol.given(lq))
    return Batch(
        numbers=tuple(item.number for item in group),
        cases=tuple(item.case for item in group),
        lq=torch.cat(degraded),
        gt=gt,
        grey=group[0].grey,
    )


def _drawn(case: Case, gt: Tensor) -> Tensor:
    """Damage (1, 3, H, W), seeded by the picture itself: neither order nor company matters."""
    degradation: Degradation = parts.build("degradations", _required(case.degradation))
    seed = torch.tensor([int(case.sha256[:15], 16)], device=gt.device)
    return degradation(gt, Draws(seed)).image


def _required(degradation: PartParams | None) -> PartParams:
    if degradation is None:
        raise ProtocolError("a case needs a degraded picture or a degradation, it has neither")
    return degradation


@contextmanager
def named(case: Case) -> Iterator[None]:
    """Put a case's name before the message of what goes wrong with its pictures.

    Raises:
        PairError: one was raised inside.
        PictureError: likewise.
    """
    try:
        yield
    except (PairError, PictureError) as error:
        raise type(error)(f"{case.image} under {case.slice}: {error}") from error
