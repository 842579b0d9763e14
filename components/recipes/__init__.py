"""The bin of recipes: one file per paper, each a way of teaching a student.

A recipe file holds:
    its docstring   the first line describes it; the rest says where we differ from the authors
    PAPER           where it comes from
    Params          its parameters, a `RecipeParams`; defaults are the paper's
    Recipe          a subclass of `Recipe` below, built as `Recipe(params)`
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeAlias

from torch import Tensor, nn

from components.metrics import psnr
from components.models import Network, RestorationModel
from components.parts import PartParams

Terms: TypeAlias = dict[str, Tensor]
"""Named loss terms, each a scalar, already weighted; the training loop adds and logs them."""


@dataclass(frozen=True, slots=True)
class Paper:
    """The source of a recipe."""

    title: str
    venue: str
    url: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of pairs.

    Attributes:
        lq: Degraded input, (B, 3, h, w), RGB in [0, 1].
        gt: Ground truth, (B, 3, H, W), RGB in [0, 1]; H = h times the scale.
        step: The training step it belongs to, from 0.
        drawn: What the degradation drew, each (B,) or (B, k); for diagnosis, no recipe learns it.
        mask: Where the picture was damaged, (B, 1, H, W) in [0, 1], or None.
    """

    lq: Tensor
    gt: Tensor
    step: int = 0
    drawn: dict[str, Tensor] = field(default_factory=dict)
    mask: Tensor | None = None


class Score(NamedTuple):
    """One number per sample, higher is better; a unit ends the name."""

    name: str
    values: Tensor


@dataclass(frozen=True, slots=True)
class Variant:
    """A way of training the student that a recipe compares with others.

    Attributes:
        label: What tables call it.
        changes: Keys of the recipe's block and their values; a mapping is laid over its block.
        taught: Whether the teacher teaches; False: the student alone.
    """

    label: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    taught: bool = True


class Recipe(nn.Module, ABC):
    """One paper's way of teaching. Parts that train but do not ship are attributes of the module."""

    @abstractmethod
    def teacher_params(self) -> PartParams:
        """Return the parameters of the teacher's network, a part of the bin `models`."""

    @abstractmethod
    def student_params(self) -> PartParams:
        """Return the parameters of the student's network, a part of the bin `models`."""

    teacher_restores: ClassVar[bool] = True
    """Whether the teacher does the student's own task, and is measured beside it."""

    alone_inherits: ClassVar[bool] = False
    """Whether the student alone starts with something of the teacher's, by `inherit_alone`."""

    def inherit(self, student: RestorationModel, teacher: Network) -> None:
        """Copy what the student starts with from the teacher. Nothing, unless a paper says so."""

    def inherit_alone(self, student: RestorationModel, teacher: Network) -> None:
        """Copy what the student cannot do without, also where it is not taught."""

    def teacher_score(self, teacher: Network, batch: Batch) -> Score:
        """Say how well the teacher does its own task, for the curve; here PSNR of what it restores."""
        restored = teacher(batch.lq, batch.gt).clamp(0, 1)
        return Score("psnr_db", psnr.measure(restored.double(), batch.gt.double()))

    def ablations(self) -> tuple[Variant, ...]:
        """List the variants that answer a reader's first questions; the first is the control."""
        return (Variant("student alone", taught=False), Variant("student"))

    def notes(self) -> tuple[str, ...]:
        """Say what a gain by this recipe depends on; a sentence each, for the report."""
        return ()

    @abstractmethod
    def teacher_terms(self, teacher: Network, batch: Batch) -> Terms:
        """Losses of station 2."""

    @abstractmethod
    def student_terms(
        self, student: RestorationModel, teacher: Network | None, batch: Batch
    ) -> Terms:
        """Losses of station 3.

        Args:
            student: The network that learns.
            teacher: Frozen, without gradients; None for the same student without distillation.
            batch: The pairs.
        """
