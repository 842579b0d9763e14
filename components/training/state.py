"""The state of a training in one file, so that a run that was cut short goes on as if it had not been.

`state/step-<step>-<digest>.safetensors` holds every tensor; all else stands as JSON in its header.
A file whose digest is not that of its name is passed over; the last two are kept. Nothing is pickled.
"""

import hashlib
import json
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from components.store import write_atomically

log = logging.getLogger(__name__)

_KEPT = 2
_ABOUT = "restill"


@dataclass(slots=True)
class Training:
    """All that a training consists of; `save` and `restore` need nothing else.

    Attributes:
        modules: Name -> network, its averaged copy, the recipe: whatever has weights or buffers.
        optimiser: With its moments.
        schedule: Of the learning rate.
        step: Steps done.
        rows: What the curve has so far, and what was measured since its last point: JSON values.
    """

    modules: Mapping[str, nn.Module]
    optimiser: Optimizer
    schedule: LRScheduler
    step: int = 0
    rows: dict[str, Any] = field(default_factory=dict)


def save_state(folder: Path, training: Training) -> None:
    """Write the state, whole or not at all, and drop all but the last two.

    Raises:
        OSError: the disk is full or may not be written; what was there before stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = save(_tensors(training), metadata={_ABOUT: json.dumps(_facts(training))})
    digest = hashlib.sha256(content).hexdigest()[:16]
    write_atomically(folder / f"step-{training.step:09d}-{digest}.safetensors", content)
    for file in _files(folder)[:-_KEPT]:
        file.unlink()


def restore_state(folder: Path, training: Training) -> bool:
    """Put the newest whole state back in place.

    Returns:
        False when there is none; then nothing is touched.
    """
    for file in reversed(_files(folder)):
        if hashlib.sha256(file.read_bytes()).hexdigest()[:16] != file.stem.split("-")[2]:
            log.warning("%s: is damaged; the state before it is taken", file)
            continue
        _put_back(file, training)
        log.info("going on after step %d", training.step)
        return True
    return False


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*-*.safetensors"))


def _tensors(training: Training) -> dict[str, Tensor]:
    tensors = {
        f"module/{name}/{key}": value
        for name, module in training.modules.items()
        for key, value in module.state_dict().items()
    }
    for number, moments in training.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{number}/{key}": torch.as_tensor(v) for key, v in moments.items()}
    tensors["random/torch"] = torch.get_rng_state()
    for number in range(torch.cuda.device_count()):
        tensors[f"random/cuda/{number}"] = torch.cuda.get_rng_state(number)
    # Clones: tensors that share memory cannot be told apart in a file.
    return {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}


def _facts(training: Training) -> dict[str, Any]:
    name, keys, *rest = np.random.get_state()  # noqa: NPY002 - the global generator's own state
    return {
        "step": training.step,
        "rows": training.rows,
        "groups": training.optimiser.state_dict()["param_groups"],
        "schedule": training.schedule.state_dict(),
        "python": random.getstate(),
        "numpy": [name, np.asarray(keys).tolist(), *rest],
    }


def _put_back(file: Path, training: Training) -> None:
    with safe_open(file, framework="pt") as stored:
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - no dict
        facts: dict[str, Any] = json.loads(stored.metadata()[_ABOUT])
    for name, module in training.modules.items():
        module.load_state_dict(_below(f"module/{name}/", tensors))
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in _below("optimiser/", tensors).items():
        number, key = name.split("/", maxsplit=1)
        moments.setdefault(int(number), {})[key] = value
    training.optimiser.load_state_dict({"state": moments, "param_groups": facts["groups"]})
    training.schedule.load_state_dict(facts["schedule"])
    training.step, training.rows = facts["step"], facts["rows"]
    _put_generators_back(tensors, facts)


def _put_generators_back(tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    torch.set_rng_state(tensors["random/torch"])
    for name, state in _below("random/cuda/", tensors).items():
        torch.cuda.set_rng_state(state, int(name))
    version, numbers, gauss = facts["python"]
    random.setstate((version, tuple(numbers), gauss))
    np.random.set_state(tuple(facts["numpy"]))  # noqa: NPY002 - the global generator's own state


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
