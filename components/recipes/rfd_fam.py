"""RFD-FAM: a super-resolution teacher shows a small dehazer which pixels of the clear image are alike.

The teacher enlarges clear images, a task that has nothing to do with haze, so that values cannot be
compared. What is compared is the affinity of positions: of the teacher's output for the clear image, and of
the student's output for the hazy one (`losses/affinity.py`).

Two facts, measured on the authors' form (docs/results.md). At weight 0.25 and norm `official` on whole images,
the affinity gives about a thousandth of the gradient: with and without it come out alike. And an image enlarged
twice and averaged over cells of eight is nearly the clear image averaged over four: with tap `output` the
teacher adds almost nothing to the ground truth's own affinity, which `affinity_of: truth` takes instead.
Norm `mean` with weight 0.02, and tap `feature`, are ours.

Where else we differ from the authors' code: it trains on whole images rotated on their own canvas with black
corners, here square patches are turned; its teacher was never published, here it is trained, on clear images
made half as large by MATLAB's bicubic, with one learning rate (FSRCNN's has a tenth for the last layer).
"""

from typing import Annotated, ClassVar, Literal, Self, cast

import torch
import torch.nn.functional as F
from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from components import recipes
from components.config import RecipeParams
from components.losses import affinity
from components.models import Network, RestorationModel, ffa, fsrcnn
from components.parts import preset_of
from components.recipes import Batch, Paper, Terms, Variant

PAPER = Paper(
    title="Rich Feature Distillation with Feature Affinity Module for Efficient Image Dehazing",
    venue="arXiv 2022",
    url="https://arxiv.org/abs/2207.11250",
)


class Params(RecipeParams):
    """Parameters of RFD-FAM; weight and norm are those of the authors' code."""

    student_only: ClassVar[frozenset[str]] = frozenset(
        {"network", "weight", "norm", "tap", "cell", "affinity_of"}
    )

    taught_only: ClassVar[frozenset[str]] = frozenset(
        {"weight", "norm", "tap", "cell", "affinity_of"}
    )

    name: Literal["rfd_fam"] = "rfd_fam"
    network: Annotated[ffa.Params, BeforeValidator(preset_of(ffa.PRESETS))] = Field(
        default=ffa.PRESETS["student"], description="a preset's name, or parameters of models.ffa"
    )
    teacher_network: Annotated[fsrcnn.Params, BeforeValidator(preset_of(fsrcnn.PRESETS))] = Field(
        default=fsrcnn.PRESETS["teacher"],
        description="a preset's name, or parameters of models.fsrcnn",
    )
    weight: float = Field(default=0.25, ge=0, description="of the affinity; 0.02 for norm: mean")
    norm: affinity.Norm = Field(default="official", description="see losses/affinity.py")
    tap: Literal["output", "feature"] = Field(
        default="output", description="what is compared: images, or maps before the last layers"
    )
    cell: int = Field(default=4, ge=1, description="side of an affinity's cell, pixels")
    affinity_of: Literal["teacher", "truth"] = Field(
        default="teacher", description="truth: the control that needs no teacher"
    )

    @model_validator(mode="after")
    def _the_truth_has_no_features(self) -> Self:
        if self.affinity_of == "truth" and self.tap == "feature":
            raise PydanticCustomError("tap", "affinity_of: truth needs tap: output")
        return self


class Recipe(recipes.Recipe):
    """Mean squared error; for the student also the affinity."""

    teacher_restores: ClassVar[bool] = False

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params

    def teacher_params(self) -> fsrcnn.Params:
        """The network that enlarges."""
        return self.params.teacher_network

    def student_params(self) -> ffa.Params:
        """The network that dehazes."""
        return self.params.network

    def notes(self) -> tuple[str, ...]:
        """Say what was compared, and how much of it is the teacher's."""
        p = self.params
        return (
            (
                f"The teacher enlarges clear images; the student matches the affinity of the "
                f"{p.affinity_of}'s {p.tap}, norm {p.norm}, weight {p.weight:g}. The student alone has "
                "the same seed, patches, order and steps."
            ),
            (
                "With tap output the teacher's affinity is nearly the ground truth's own: "
                "`restill ablate rfd_fam` compares with that, without any teacher."
            ),
        )

    def ablations(self) -> tuple[Variant, ...]:
        """The grid of the specification: the mean squared error alone is the control."""
        working = {"norm": "mean", "weight": 0.02}
        return (
            Variant("MSE alone", taught=False),
            Variant("affinity official", {"norm": "official", "weight": 0.25, "tap": "output"}),
            Variant("affinity mean, output", {**working, "tap": "output"}),
            Variant("affinity mean, feature", {**working, "tap": "feature"}),
            Variant("affinity of the truth", {**working, "tap": "output", "affinity_of": "truth"}),
        )

    def teacher_terms(self, teacher: Network, batch: Batch) -> Terms:
        """The squared error of the enlarged image."""
        return {"mse": F.mse_loss(teacher(batch.lq), batch.gt)}

    def student_terms(
        self, student: RestorationModel, teacher: Network | None, batch: Batch
    ) -> Terms:
        """The squared error of the dehazed image, and the affinity."""
        learner = cast("ffa.Model", student)
        features = learner.features(batch.lq)
        restored = learner.finish(batch.lq, features)
        terms = {"mse": F.mse_loss(restored, batch.gt)}
        if teacher is not None and self.params.weight:
            shown = features if self.params.tap == "feature" else restored
            terms["affinity"] = self.params.weight * affinity.loss(
                shown,
                self._shown_by(cast("fsrcnn.Model", teacher), batch.gt),
                cell=self.params.cell,
                norm=self.params.norm,
                unit=self.params.tap == "feature",
            )
        return terms

    def _shown_by(self, teacher: fsrcnn.Model, clear: Tensor) -> Tensor:
        """Give what the student is compared with; the teacher sees the clear image."""
        if self.params.affinity_of == "truth":
            return clear
        with torch.no_grad():
            return teacher.features(clear) if self.params.tap == "feature" else teacher(clear)
