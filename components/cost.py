"""What a network costs to run: parameters, multiply-adds, bytes, time."""

import platform
import statistics
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from components import parts
from components.artifacts import Cost
from components.draws import Draws
from components.models import RestorationModel
from components.parts import PartParams

_SIDE = 480  # of the output that is counted and timed, pixels; a multiple of 2, 3, 4, 16
_MEGAPIXELS = _SIDE * _SIDE / 1e6
_MIB = 1 << 20
_REPEATS = 5
_HILLS = 15  # a side, of the picture that is timed
_GRAIN = 25 / 255  # its noise


def cost(params: PartParams, *, device: str = "cpu") -> Cost:
    """Count and time one network, alone, on one image.

    Args:
        params: Of a part in the bin `models`; the weights do not matter.
        device: Where to time it, such as `cpu` or `cuda`.

    Returns:
        Multiply-adds per megapixel of output count convolutions and matrix products, as executed;
        the time is the median of five runs on hills with noise of level 25: classical methods look at
        the picture, and finish a black one at once.
    """
    network: RestorationModel = parts.build("models", params)
    return Cost(
        num_parameters=num_parameters(network),
        giga_macs=giga_macs(params),
        latency_ms=latencies_ms([params], device=device)[0],
        device=_name(device),
        file_mib=_file_mib(network),
        activation_mib=activation_mib(params),
    )


def num_parameters(network: torch.nn.Module) -> int:
    """Count the learned numbers of a network."""
    return sum(parameter.numel() for parameter in network.parameters())


def giga_macs(params: PartParams) -> float:
    """Count the multiply-adds per megapixel of output, in 10^9, without computing any."""
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        network: RestorationModel = parts.build("models", params)
        network(*_images(network))
    macs: float = counter.get_total_flops() / 2
    return macs / 1e9 / _MEGAPIXELS


def activation_mib(params: PartParams) -> float:
    """Count the memory of all tensors alive at once, at its peak, without computing any.

    Returns:
        MiB per megapixel of output, float32: pictures and activations, without the weights and without
        what libraries need for themselves; the same on every device.
    """
    with torch.device("meta"), torch.no_grad():
        network: RestorationModel = parts.build("models", params)
        images = _images(network)
        with _Alive(images) as alive:
            network(*images)
    peak: int = alive.peak
    return peak / _MIB / _MEGAPIXELS


@torch.inference_mode()
def latencies_ms(models: Sequence[PartParams], *, device: str = "cpu") -> list[float]:
    """Time networks in turn, so that what slows the machine slows each of them.

    Args:
        models: Of parts in the bin `models`; the weights do not matter.
        device: Where to time them.

    Returns:
        Milliseconds per megapixel of output: the median of five runs on one image, after a first one.
    """
    ready = [_ready(params, device) for params in models]
    rounds = [[_seconds(*one, device) for one in ready] for _ in range(_REPEATS + 1)]
    medians = map(statistics.median, zip(*rounds[1:], strict=True))
    return [seconds * 1000 / _MEGAPIXELS for seconds in medians]


def retimed(
    costs: Sequence[Cost], models: Sequence[PartParams], *, device: str = "cpu"
) -> list[Cost]:
    """Replace times that were measured at different hours by times measured together.

    Args:
        costs: Of the networks, in their order.
        models: Of parts in the bin `models`; the weights do not matter.
        device: Where to time them.
    """
    times = latencies_ms(models, device=device)
    return [
        known.model_copy(update={"latency_ms": latency_ms, "device": _name(device)})
        for known, latency_ms in zip(costs, times, strict=True)
    ]


def _ready(params: PartParams, device: str) -> tuple[RestorationModel, list[Tensor]]:
    """Load a network, and draw what it is timed on: lq, and gt where it is privileged."""
    network: RestorationModel = parts.build("models", params)
    # As a loaded checkpoint lies in memory; torch's stubs do not know the argument.
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    blank = [image for image in _images(network) if image is not None]
    return network.eval(), [_scene(image.shape[-1]).to(device) for image in blank]


def _scene(side: int) -> Tensor:
    """Draw hills of colour under noise, the same in every process; (1, 3, side, side) in [0, 1]."""
    draws = Draws(torch.tensor([0]))
    hills = F.interpolate(draws.uniform(0, 1, (3, _HILLS, _HILLS)), (side, side), mode="bilinear")
    return (hills + _GRAIN * draws.normal((3, side, side))).clamp(0, 1)


def _seconds(network: RestorationModel, images: list[Tensor], device: str) -> float:
    """Time one image."""
    started = time.perf_counter()
    network(*images)
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - started


def _file_mib(network: RestorationModel) -> float:
    """Size the file that a checkpoint of the network holds its weights in."""
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    return len(safetensors.torch.save(state)) / _MIB


class _Alive(TorchDispatchMode):
    """Follows how many bytes the tensors occupy that exist at the same time.

    Args:
        given: Tensors that exist already and count.
    """

    def __init__(self, given: Iterable[Tensor | None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self._known = weakref.WeakSet[Any]()
        self._now = self.peak = 0
        self._count(given)

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Any = (),
        kwargs: Any = None,
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        self._count(tree_leaves(made))
        return made

    def _count(self, values: Iterable[object]) -> None:
        """Add storages not seen before; views and work in place have one that was."""
        for storage in [v.untyped_storage() for v in values if isinstance(v, Tensor)]:
            if storage not in self._known:
                self._known.add(storage)
                self._now += storage.nbytes()
                weakref.finalize(storage, self._forget, storage.nbytes())
        self.peak = max(self.peak, self._now)

    def _forget(self, num_bytes: int) -> None:
        self._now -= num_bytes


def _images(network: RestorationModel) -> tuple[Tensor, Tensor | None]:
    lq = torch.zeros(1, 3, _SIDE // network.scale, _SIDE // network.scale)
    return lq, torch.zeros(1, 3, _SIDE, _SIDE) if network.privileged else None


def _name(device: str) -> str:
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} cpu, {torch.get_num_threads()} threads"
