"""Degradation-aware restoration: a network that finds the damage teaches one that repairs it.

The teacher predicts, from the degraded image alone, the mask of its damaged pixels; the mask of the pair is
the truth, |lq - gt| above a threshold in any channel. The student is the restorer that this mask guides
(`models/mask_guided.py`), and its encoder also learns the teacher's features, level by level. The student
alone gets the same mask, and is not taught.

Of the paper only the abstract, a figure and what the authors wrote later could be read. From them: two tasks,
two networks that see the same degraded image, binary masks for all tasks, the names of both modules, and
that features are distilled with attention. Ours, to be checked by whoever has the text: the thresholds, the
loss of the mask, the taps, the weights of channels and places, the schedule. Modes of the attention:

    plain    all channels and places alike
    static   channels that go with the mask, places inside it (`losses/attentive.py`)
    meta     both weights from small networks, trained so that steps on the matching loss make the
             next task loss smaller (Jang et al., ICML 2019): second-order, several times slower

In mode meta the weights' networks learn with the student's optimiser, where the source has one of their own,
and the unrolled steps are plain descent.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, cast

import torch
import torch.nn.functional as F
from pydantic import BeforeValidator, Field
from torch import Tensor, nn
from torch.func import functional_call

from components import recipes
from components.config import RecipeParams
from components.draws import Draws, seeds_for
from components.losses import attentive
from components.losses.attentive import Emphasis
from components.models import Network, RestorationModel, mask_guided, mask_net
from components.parts import preset_of
from components.recipes import Batch, Paper, Score, Terms, Variant

PAPER = Paper(
    title="Degradation Aware Approach to Image Restoration Using Knowledge Distillation",
    venue="IEEE JSTSP 2021",
    url="https://doi.org/10.1109/JSTSP.2020.3043622",
)

_DICE_WEIGHT = 0.5
_LOOK_AHEAD = 2  # unrolled steps on the matching loss, as Jang et al.


class Params(RecipeParams):
    """Parameters of degradation-aware restoration; the defaults are our reading, see above."""

    student_only: ClassVar[frozenset[str]] = frozenset(
        {"mode", "weight", "fade", "true_mask_share", "true_mask_steps", "meta_every", "meta_step"}
    )

    taught_only: ClassVar[frozenset[str]] = frozenset(
        {"mode", "weight", "fade", "meta_every", "meta_step"}
    )

    name: Literal["degradation_aware"] = "degradation_aware"
    network: Annotated[mask_guided.Params, BeforeValidator(preset_of(mask_guided.PRESETS))] = Field(
        default=mask_guided.PRESETS["paper"],
        description="a preset's name, or parameters of models.mask_guided",
    )
    threshold: float = Field(
        default=30 / 255,
        gt=0,
        lt=1,
        description="of |lq - gt|: raindrops 30/255, rain 20/255, haze 64/255, blur 25/255",
    )
    mode: Literal["plain", "static", "meta"] = "static"
    weight: float = Field(default=0.05, ge=0, description="of the distillation")
    fade: float = Field(default=0.2, ge=0, le=1, description="last share of steps: weight to 0")
    true_mask_share: float = Field(
        default=0.2, ge=0, le=1, description="samples that see the true mask at the start"
    )
    true_mask_steps: float = Field(default=0.1, ge=0, le=1, description="share of steps for that")
    meta_every: int = Field(default=10, gt=0, description="steps between updates; mode: meta")
    meta_step: float = Field(default=1e-3, gt=0, description="length of an unrolled step; meta")


class Recipe(recipes.Recipe):
    """The mask's cross-entropy and Dice; then L1 and the attentive distillation."""

    teacher_restores: ClassVar[bool] = False
    alone_inherits: ClassVar[bool] = True

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params
        widths = params.network.widths
        self.adapters = nn.ModuleList(_Adapter(width) for width in widths)
        self.weighers = nn.ModuleList(
            Weigher(width) for width in (widths if params.mode == "meta" else ())
        )

    def teacher_params(self) -> mask_net.Params:
        """The network that finds the damage."""
        return mask_net.Params(widths=self.params.network.widths)

    def student_params(self) -> mask_guided.Params:
        """The network that repairs it."""
        return self.params.network.model_copy(update={"threshold": self.params.threshold})

    def inherit(self, student: RestorationModel, teacher: Network) -> None:
        """Take the teacher's mask network, which stays as it is."""
        inner = cast("mask_guided.Model", student).mask_net
        if inner is not None:
            inner.load_state_dict(cast("mask_net.Model", teacher).net.state_dict())

    def inherit_alone(self, student: RestorationModel, teacher: Network) -> None:
        """Take the same: without a mask there is nothing to guide."""
        self.inherit(student, teacher)

    def notes(self) -> tuple[str, ...]:
        """Say what the student alone shares with the student."""
        p = self.params
        return (
            (
                f"Teacher and student see the same degraded pictures; the truth of the mask is |lq - gt| "
                f"above {p.threshold * 255:.0f}/255. The student alone has the teacher's mask too: what "
                f"is compared is the distillation of features, mode {p.mode}, weight {p.weight:g}."
            ),
        )

    def ablations(self) -> tuple[Variant, ...]:
        """The grid of the specification: what the mask gives, what distillation gives."""
        blind = {"mask": "none", "context": False}
        return (
            Variant("no mask, no teacher", {"network": blind}, taught=False),
            Variant(
                "mask as input", {"network": {"mask": "input", "context": False}}, taught=False
            ),
            Variant("gated by the mask", {"network": {"context": False}}, taught=False),
            Variant("gated, with context", taught=False),
            Variant("no mask, distilled", {"network": blind, "mode": "plain"}),
            Variant("full, plain", {"mode": "plain"}),
            Variant("full, static", {"mode": "static"}),
            Variant("full, meta", {"mode": "meta"}),
            Variant("full, true mask", {"network": {"true_mask": True}}),
        )

    def teacher_score(self, teacher: Network, batch: Batch) -> Score:
        """Intersection over union of the mask, 1 where neither has a pixel."""
        found = teacher(batch.lq) > 0.5
        return Score("iou", mask_iou(found, self.truth(batch) > 0.5))

    def truth(self, batch: Batch) -> Tensor:
        """Give the mask of a pair, (B, 1, H, W), 0 or 1."""
        return mask_guided.true_mask(batch.lq, batch.gt, threshold=self.params.threshold)

    def teacher_terms(self, teacher: Network, batch: Batch) -> Terms:
        """Cross-entropy, and Dice, which keeps rare damage from being passed over."""
        logits, truth = cast("mask_net.Model", teacher).logits(batch.lq), self.truth(batch)
        found = logits.sigmoid()
        dice = (2 * (found * truth).sum() + 1) / (found.sum() + truth.sum() + 1)
        return {
            "cross_entropy": F.binary_cross_entropy_with_logits(logits, truth),
            "dice": _DICE_WEIGHT * (1 - dice),
        }

    def student_terms(
        self, student: RestorationModel, teacher: Network | None, batch: Batch
    ) -> Terms:
        """L1, and the distillation, which fades out at the end."""
        learner = cast("mask_guided.Model", student)
        mask = self._mask_for(learner, batch)
        residual, taps = learner.restorer(batch.lq, mask)
        terms = {"l1": F.l1_loss(batch.lq + residual, batch.gt)}
        weight = self._weight(batch.step)
        if teacher is None or not weight:
            return terms
        with torch.no_grad():
            net = cast("mask_net.Model", teacher).net
            taught = net.encoder(batch.lq)
            region = net.decode(taught).sigmoid()
        emphases = self._emphases(taught, region)
        adapted = [adapt(s) for adapt, s in zip(self._adapters(), taps, strict=True)]
        fixed = [Emphasis(e.channels.detach(), e.places) for e in emphases]
        terms["features"] = weight * _distance(adapted, taught, fixed)
        if self.params.mode == "meta" and batch.step % self.params.meta_every == 0:
            terms["meta"] = self._looked_ahead(learner, batch, mask, taught, emphases)
        return terms

    def _weight(self, step: int) -> float:
        """Give the weight of a step: constant, then linearly to 0 over the last share of steps."""
        steps, fade = self.params.student.steps, self.params.fade
        left = (steps - step) / max(1, steps)
        return self.params.weight * (min(1.0, left / fade) if fade else 1.0)

    def _mask_for(self, learner: mask_guided.Model, batch: Batch) -> Tensor:
        """Predict the mask; for some samples at the start take the truth."""
        p, mask = self.params, learner.mask(batch.lq)
        if p.network.true_mask:
            return self.truth(batch)
        if batch.step >= p.true_mask_steps * p.student.steps or learner.mask_net is None:
            return mask
        numbers = torch.arange(len(mask), device=mask.device) + batch.step * len(mask)
        told = Draws(seeds_for(0, numbers)).uniform(0, 1) < p.true_mask_share
        return torch.where(told.view(-1, 1, 1, 1), self.truth(batch), mask)

    def _emphases(self, taught: list[Tensor], region: Tensor) -> list[Emphasis]:
        """Say what counts at each level."""
        regions = [F.avg_pool2d(region, 2**level) for level in range(len(taught))]
        if self.params.mode == "plain":
            return [attentive.evenly(features) for features in taught]
        if self.params.mode == "meta":
            return [weigh(t) for weigh, t in zip(self.weighers, taught, strict=True)]
        return [attentive.by_region(t, r) for t, r in zip(taught, regions, strict=True)]

    def _looked_ahead(
        self,
        learner: mask_guided.Model,
        batch: Batch,
        mask: Tensor,
        taught: list[Tensor],
        emphases: list[Emphasis],
    ) -> Tensor:
        """Give the task loss after steps on the matching loss and one on the task's own.

        The steps start from a copy of the restorer, so that only the weighers learn from them.
        """
        values = {n: p.detach().requires_grad_() for n, p in learner.restorer.named_parameters()}
        frozen = [(conv.weight.detach(), conv.bias.detach()) for conv in self._adapters()]

        def look(kind: Literal["matching", "task"]) -> Tensor:
            residual, taps = functional_call(learner.restorer, values, (batch.lq, mask))
            if kind == "task":
                return F.l1_loss(batch.lq + residual, batch.gt)
            adapted = [F.conv2d(s, w, b) for s, (w, b) in zip(taps, frozen, strict=True)]
            return _distance(adapted, taught, emphases)

        for kind in (*["matching"] * _LOOK_AHEAD, "task"):
            values = _stepped(values, look(cast("Literal['matching', 'task']", kind)), self.params)
        return look("task")

    def _adapters(self) -> "Iterator[_Adapter]":
        return (conv for conv in self.adapters if isinstance(conv, _Adapter))


def _distance(adapted: list[Tensor], taught: list[Tensor], emphases: list[Emphasis]) -> Tensor:
    """Add up the levels."""
    levels = zip(adapted, taught, emphases, strict=True)
    return torch.stack([attentive.loss(s, attentive.standardise(t), e) for s, t, e in levels]).sum()


def _stepped(values: dict[str, Tensor], loss: Tensor, params: Params) -> dict[str, Tensor]:
    """Descend one step, in a way that can be differentiated."""
    slopes = torch.autograd.grad(loss, list(values.values()), create_graph=True, allow_unused=True)
    return {
        name: value if slope is None else value - params.meta_step * slope
        for (name, value), slope in zip(values.items(), slopes, strict=True)
    }


class _Adapter(nn.Conv2d):
    """A 1 x 1 convolution with bias, from the student's features to the teacher's."""

    bias: nn.Parameter

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 1)


class Weigher(nn.Module):
    """Weigh channels by a softmax, and the whole level by a factor in [0, 6], from mean features.

    Both start even: weights of 1 / C, a factor of 1, as Jang et al.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = nn.Linear(channels, channels)
        self.level = nn.Linear(channels, 1)
        for layer, bias in ((self.channels, 0.0), (self.level, 1.0)):
            nn.init.zeros_(layer.weight)
            nn.init.constant_(layer.bias, bias)

    def forward(self, teacher: Tensor) -> Emphasis:
        """(B, C, H, W) -> weights (B, C) and places of one."""
        seen = teacher.mean(dim=(2, 3))
        level = F.relu6(self.level(seen))  # (B, 1)
        return Emphasis(level * self.channels(seen).softmax(dim=1), torch.ones_like(teacher[:, :1]))


def mask_iou(found: Tensor, truth: Tensor) -> Tensor:
    """Measure how far two masks agree.

    Args:
        found: (B, 1, H, W), bool.
        truth: The same.

    Returns:
        (B,) in [0, 1], intersection over union; 1 where both are empty.

    Example:
        >>> left = torch.tensor([True, True, False]).view(1, 1, 1, 3)
        >>> mask_iou(left, left.flip(-1)).item()  # one of three
        0.3333333432674408
    """
    both = (found & truth).sum(dim=(1, 2, 3))
    either = (found | truth).sum(dim=(1, 2, 3))
    return torch.where(either > 0, both / either.clamp(min=1), 1.0)
