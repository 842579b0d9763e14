"""What a number may depend on besides code, data and parameters: libraries, processor, threads."""

import platform
from importlib.metadata import version
from pathlib import Path

import torch

from components.keys import LIBRARIES
from components.store import sha256_of

LOCK = "requirements.lock"
THREADS = "threads"


def surroundings(root: Path) -> dict[str, str]:
    """Describe this process and its machine.

    Args:
        root: The checkout.

    Returns:
        python, each of `keys.LIBRARIES`, processor (with the instructions that torch uses), threads
        (of torch), and the sha256 of requirements.lock, "none" where there is no such file.
    """
    lock = root / LOCK
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        THREADS: str(torch.get_num_threads()),
        LOCK: sha256_of(lock) if lock.is_file() else "none",
    }


def differences(then: dict[str, str], now: dict[str, str]) -> tuple[str, ...]:
    """Say what has changed, a line a thing.

    Example:
        >>> differences({"torch": "2.12.0", "threads": "2"}, {"torch": "2.13.0", "threads": "2"})
        ('torch: 2.12.0 then, 2.13.0 now',)
    """
    return tuple(
        f"{name}: {then.get(name, 'unknown')} then, {now.get(name, 'unknown')} now"
        for name in dict.fromkeys((*then, *now))
        if then.get(name) != now.get(name)
    )
