"""Feature affinity: the exact short form against the N x N matrices, at the size of a RESIDE picture.

    .venv/bin/python benchmarks/bench_affinity.py

Each form runs in a process of its own, forward and backward, on one 620 x 460 picture with cells of 4 pixels
(N = 17,825 positions). The dense form is the authors': two matrices, their difference, its norm.
"""

import resource
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

from components.losses import affinity

HEIGHT, WIDTH, CELL = 460, 620, 4


def dense(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of the whole matrices."""
    x = F.avg_pool2d(student, CELL).flatten(2)
    y = F.avg_pool2d(teacher, CELL).flatten(2)
    return (x.mT @ x - y.mT @ y).square().mean()


def measure(form: str) -> None:
    """Print seconds, and megabytes above those of an idle process, of one form."""
    numbers = torch.Generator().manual_seed(0)
    teacher = torch.rand(1, 3, HEIGHT, WIDTH, generator=numbers)
    student = torch.rand(1, 3, HEIGHT, WIDTH, generator=numbers).requires_grad_()
    run = dense if form == "dense" else lambda x, y: affinity.loss(x, y, cell=CELL)
    affinity.loss(student[..., :32, :32], teacher[..., :32, :32]).backward()  # warm up
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    repeats = 1 if form == "dense" else 20
    started = time.perf_counter()
    for _ in range(repeats):
        value = run(student, teacher)
        value.backward()
    seconds = (time.perf_counter() - started) / repeats
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(seconds, (peak - idle) / 1024, value.item())


def main() -> None:
    """Measure both and print the ratios."""
    found = {}
    for form in ("dense", "short"):
        command = [sys.executable, __file__, form]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
        found[form] = [float(number) for number in said.split()]
        seconds, megabytes, value = found[form]
        print(f"{form}: {seconds * 1000:.1f} ms, {megabytes:.0f} MiB more, loss {value:.6g}")
    (slow, large, _), (fast, small, _) = found["dense"], found["short"]
    print(
        f"short against dense: {slow / fast:.0f} x faster, {large / max(small, 1):.0f} x less memory"
    )


if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) > 1 else main()
