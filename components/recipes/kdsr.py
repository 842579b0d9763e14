"""KDSR: a student estimates the degradation from the degraded image as its teacher does from both.

The teacher's estimator sees ground truth and degraded image; what it must describe is left to the
reconstruction loss alone. The student's estimator sees the degraded image and learns to give the
same description (KL divergence of softened codes), on top of the trunk inherited from the teacher.

Where we differ from the authors' code: degradations are drawn per sample (`per: batch` in the
degradations gives theirs), the encoder-only phase of the student uses the one learning rate, and the
teacher runs without gradients in the student's training, which changes no number.
"""

from typing import Annotated, ClassVar, Literal, Self, cast

import torch
import torch.nn.functional as F
from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from components import parts, recipes
from components.config import RecipeParams, TrainParams
from components.losses import softmax_kl
from components.models import Network, RestorationModel, kdsr
from components.recipes import Batch, Paper, Terms

PAPER = Paper(
    title="Knowledge Distillation based Degradation Estimation for Blind Super-Resolution",
    venue="ICLR 2023",
    url="https://arxiv.org/abs/2211.16928",
)


class Params(RecipeParams):
    """Parameters of KDSR."""

    student_only: ClassVar[frozenset[str]] = frozenset(
        {"temperature", "kl_weight", "inherit_trunk", "encoder_steps"}
    )

    taught_only: ClassVar[frozenset[str]] = frozenset(
        {"temperature", "kl_weight", "inherit_trunk", "encoder_steps"}
    )

    name: Literal["kdsr"] = "kdsr"
    network: Annotated[kdsr.Params, BeforeValidator(parts.preset_of(kdsr.PRESETS))] = Field(
        default=kdsr.PRESETS["M"], description="a preset's name, or all parameters of models.kdsr"
    )
    temperature: float = Field(default=0.15, gt=0, description="of the softmax over the codes")
    kl_weight: float = Field(default=1.0, ge=0, description="weight of the distillation term")
    inherit_trunk: bool = Field(default=True, description="start from the teacher's trunk")
    encoder_steps: int = Field(
        default=0, ge=0, description="first steps of the student with the distillation term alone"
    )

    @model_validator(mode="after")
    def _network_undoes_the_degradation(self) -> Self:
        if self.degradation is None:
            return self  # what the set brings along is seen later
        scale = parts.build("degradations", self.degradation).scale
        if self.network.scale != scale:
            raise PydanticCustomError(
                "network_scale",
                "network.scale is {ours}, but the degradation shrinks by {theirs}",
                {"ours": self.network.scale, "theirs": scale},
            )
        return self


class Recipe(recipes.Recipe):
    """L1 to the ground truth; for the student also KL to the teacher's code."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params

    def teacher_params(self) -> kdsr.Params:
        """The network with an estimator that sees the ground truth."""
        return self.params.network.model_copy(update={"privileged": True})

    def student_params(self) -> kdsr.Params:
        """The network with an estimator that sees the degraded image alone."""
        return self.params.network.model_copy(update={"privileged": False})

    def inherit(self, student: RestorationModel, teacher: Network) -> None:
        """Start from the teacher's trunk; the estimator starts from random."""
        if self.params.inherit_trunk:
            trunk = cast("kdsr.Model", teacher).trunk.state_dict()
            cast("kdsr.Model", student).trunk.load_state_dict(trunk)

    def notes(self) -> tuple[str, ...]:
        """Name the two things that the student's gain rests on, and the numbers they had here."""
        p = self.params
        data = (
            f"The teacher was trained for {p.teacher.steps} steps on {_patches(p.teacher)}; the "
            f"student and the student alone for {p.student.steps} steps on {_patches(p.student)}. "
            "The more steps the student has, the smaller the gain: docs/results.md has the numbers."
        )
        start = "the teacher's trunk" if p.inherit_trunk else "random weights"
        method = (
            f"The student starts from {start} and learns the teacher's code with weight "
            f"{p.kl_weight:g}; the student alone starts from random weights and learns from the "
            "ground truth only, with the same seed, pairs, order and steps."
        )
        return (data, method)

    def teacher_terms(self, teacher: Network, batch: Batch) -> Terms:
        """L1 alone: nothing tells the estimator what to describe."""
        return {"l1": F.l1_loss(teacher(batch.lq, batch.gt), batch.gt)}

    def student_terms(
        self, student: RestorationModel, teacher: Network | None, batch: Batch
    ) -> Terms:
        """L1, and the KL divergence of the codes; KL alone in the first `encoder_steps`."""
        learner = cast("kdsr.Model", student)
        code = learner.encode(batch.lq)
        if teacher is None or self.params.kl_weight == 0:
            return {"l1": F.l1_loss(learner.restore(batch.lq, code), batch.gt)}
        with torch.no_grad():
            taught = cast("kdsr.Model", teacher).encode(batch.lq, batch.gt)
        kl = softmax_kl.loss(code, taught, temperature=self.params.temperature)
        terms = {"kl": self.params.kl_weight * kl}
        if batch.step >= self.params.encoder_steps:
            terms["l1"] = F.l1_loss(learner.restore(batch.lq, code), batch.gt)
        return terms


def _patches(params: TrainParams) -> str:
    if params.pairs:
        return f"{params.pairs} fixed pairs"
    if params.pool == "all":
        return "fresh patches of all pictures, damaged anew at every step"
    return f"{params.pool} patches, each damaged anew at every step"
