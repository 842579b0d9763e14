"""Which metrics a suite measures: the protocol's own, and those that are named beside it."""

from collections.abc import Iterable
from typing import Any

from components import parts
from components.backbones.weights import Weights
from components.metrics import Metric
from components.parts import PartParams


def measured(protocol: str, beside: Iterable[PartParams]) -> dict[str, PartParams]:
    """List metrics by name, the protocol's first; one that is named beside it, too, counts once.

    Args:
        protocol: A part of the bin `protocols`.
        beside: Parameters of parts in the bin `metrics`.
    """
    part: Any = parts.load("protocols", protocol)
    own = {name: PartParams(name=name) for name in part.METRICS}
    return own | {metric.name: metric for metric in beside}


def built(metrics: Iterable[PartParams]) -> dict[str, Metric]:
    """Make metrics, and read their weights; by the column's name, which ends in the unit.

    Raises:
        CheckpointError: weights are missing, damaged, or others.

    Example:
        >>> list(built([PartParams(name="psnr"), PartParams(name="ssim")]))
        ['psnr_db', 'ssim']
    """
    made = {params.name: _metric(params) for params in metrics}
    return {name + ("_db" if m.UNIT == "dB" else ""): m for name, m in made.items()}


def identity(metric: PartParams) -> dict[str, Any]:
    """Say what makes it another metric: weights count by their digest, wherever they lie."""
    told = metric.model_dump(mode="json")
    return told | {key: value.digest for key, value in metric if isinstance(value, Weights)}


def _metric(params: PartParams) -> Metric:
    """Make a metric: the part itself, or an object where it takes parameters."""
    part: Any = parts.load("metrics", params.name)
    metric: Metric = parts.build("metrics", params) if hasattr(part, "Metric") else part
    return metric
