"""What a network costs to run: parameters, multiply-adds, time."""

import platform
import statistics
import time

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from components import parts
from components.artifacts import Cost
from components.models import RestorationModel
from components.parts import PartParams

_SIDE = 480  # of the output that is counted and timed, pixels; a multiple of 2, 3, 4, 16
_MEGAPIXELS = _SIDE * _SIDE / 1e6
_REPEATS = 5


def cost(params: PartParams, *, device: str = "cpu") -> Cost:
    """Count and time one network, alone, on one image.

    Args:
        params: Of a part in the bin `models`; the weights do not matter.
        device: Where to time it, such as `cpu` or `cuda`.

    Returns:
        Multiply-adds per megapixel of output count convolutions and matrix products, as executed;
        the time is the median of five runs.
    """
    network: RestorationModel = parts.build("models", params)
    # As a loaded checkpoint lies in memory; torch's stubs do not know the argument.
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Cost(
        num_parameters=num_parameters(network),
        giga_macs=giga_macs(params),
        latency_ms=_latency_ms(network, device),
        device=_name(device),
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


@torch.inference_mode()
def _latency_ms(network: RestorationModel, device: str) -> float:
    """Time one image; the first run warms up. Returns milliseconds per megapixel of output."""
    network.eval()
    lq, gt = _images(network)
    lq, gt = lq.to(device), None if gt is None else gt.to(device)
    seconds = []
    for _ in range(_REPEATS + 1):
        started = time.perf_counter()
        network(lq, gt)
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:]) * 1000 / _MEGAPIXELS


def _images(network: RestorationModel) -> tuple[Tensor, Tensor | None]:
    lq = torch.zeros(1, 3, _SIDE // network.scale, _SIDE // network.scale)
    return lq, torch.zeros(1, 3, _SIDE, _SIDE) if network.privileged else None


def _name(device: str) -> str:
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} cpu, {torch.get_num_threads()} threads"
