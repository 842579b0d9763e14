"""CKDN: scores a restored image with only the degraded one at hand.

One embedding (`quality`) looks at the restored image, another of the same shape (`reference`) at what it is
compared with: the degraded image, or in training the pristine one. A predictor reads the difference of the
two, locally, and its answers are averaged over the image. Trained so that both references lead to the same
score, the reference embedding learns what survives the damage.

The score says which of two restorations of one scene is better. As an absolute number it means little: the
authors' weights give perfect images 0.36 to 0.74.

Source: Zheng et al., "Learning Conditional Knowledge Distillation for Degraded-Reference Image Quality
Assessment", ICCV 2021, https://arxiv.org/abs/2108.07948, as its authors' code: the first half of ResNet-50
without norm or activation behind the stem; 13,387,650 parameters in training, 6,919,041 at work. `small`, from
scratch on two cores, is ours.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from components import models
from components.errors import PairError
from components.layers.resnet import EXPANSION, Kind, stage
from components.parts import PartParams

# Of ImageNet, RGB: what the published backbone's inputs were brought to.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


class Params(PartParams):
    """Parameters of CKDN; the defaults are the released architecture."""

    name: Literal["ckdn"] = "ckdn"
    block: Kind = "bottleneck"
    stem: int = Field(default=64, ge=1, description="channels behind the first convolution")
    widths: tuple[int, int] = Field(
        default=(64, 128), strict=False, description="inner channels of embedding and predictor"
    )
    blocks: tuple[int, int] = Field(
        default=(3, 4), strict=False, description="of embedding and predictor"
    )
    hidden: tuple[int, ...] = Field(
        default=(2048, 2048), min_length=1, strict=False, description="of the head"
    )
    dropout: float = Field(default=0.5, ge=0, lt=1, description="in the head")
    stem_norm: bool = Field(default=False, description="norm and activation behind the stem")
    auxiliary: bool = Field(
        default=False, description="also the branch that compares two restorations; training alone"
    )


PRESETS: dict[str, Params] = {
    "r50": Params(),
    "small": Params(
        block="basic",
        stem=24,
        widths=(24, 48),
        blocks=(2, 2),
        hidden=(96,),
        dropout=0.2,
        stem_norm=True,
    ),
}

AUTHORS_NAMES = (
    (r"^net\.", ""),
    (r"^qse_1\.", "quality.stem.0."),
    (r"^qse_2\.", "quality.stage."),
    (r"^dte_1\.", "reference.stem.0."),
    (r"^dte_2\.", "reference.stage."),
    (r"^csp\.", "predictor.stage."),
    (r"^fc_\.", "predictor.head."),
    (r"^aux_csp\.", "comparer.stage."),
    (r"^fc1_\.", "comparer.head."),
)
"""Regular expressions that turn the names in the authors' files into ours, in order."""

OPTIONAL_NAMES = r"^comparer\."
"""What the authors' files may hold beyond the network at work."""


class Model(models.Network):
    """Two embeddings and a predictor; `comparer` trains along and is thrown away."""

    privileged = True  # it needs a second image, the degraded one

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.quality = Embedding(params)
        self.reference = Embedding(params)
        self.predictor = Predictor(params)
        self.comparer = Predictor(params) if params.auxiliary else None

    def forward(self, lq: Tensor, gt: Tensor | None = None) -> Tensor:
        """Score restored images, `lq`, against degraded ones, `gt`: (B,) in (0, 1), higher is better.

        Raises:
            PairError: there is no degraded image, or its size is another.
        """
        return self.logit(lq, gt).sigmoid()

    def logit(self, restored: Tensor, degraded: Tensor | None) -> Tensor:
        """Score before the sigmoid, (B,); what differences are taken of.

        Args:
            restored: (B, 3, H, W), RGB in [0, 1].
            degraded: The same shape.

        Raises:
            PairError: there is no degraded image, or its size is another.
        """
        if degraded is None or degraded.shape != restored.shape:
            found = None if degraded is None else tuple(degraded.shape)
            raise PairError(
                f"ckdn scores {tuple(restored.shape)} with a degraded image of that size, got {found}"
            )
        given: Tensor = self.predictor(self.quality(restored) - self.reference(degraded))
        return given


class Embedding(nn.Module):
    """An image to local features at a quarter of its sides."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        norm = [nn.BatchNorm2d(params.stem), nn.ReLU()] if params.stem_norm else []
        self.stem = nn.Sequential(
            nn.Conv2d(3, params.stem, 7, stride=2, padding=3, bias=False),
            *norm,
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.stage = stage(
            params.block, params.stem, params.widths[0], blocks=params.blocks[0], stride=1
        )

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) in [0, 1] -> (B, C, H / 4, W / 4)."""
        features: Tensor = self.stage(
            self.stem((image - _column(_MEAN, image)) / _column(_DEVIATION, image))
        )
        return features


class Predictor(nn.Module):
    """A difference of features to one number for the whole image."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        inputs = params.widths[0] * EXPANSION[params.block]
        outputs = params.widths[1] * EXPANSION[params.block]
        self.stage = stage(
            params.block, inputs, params.widths[1], blocks=params.blocks[1], stride=2
        )
        layers: list[nn.Module] = []
        for before, after in zip((outputs, *params.hidden), params.hidden, strict=False):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(params.dropout)]
        self.head = nn.Sequential(*layers, nn.Linear(params.hidden[-1], 1))

    def forward(self, difference: Tensor) -> Tensor:
        """(B, C, h, w) -> (B,), any real number."""
        logit: Tensor = self.head(self.stage(difference).mean(dim=(2, 3)))[:, 0]
        return logit


def _column(numbers: tuple[float, ...], like: Tensor) -> Tensor:
    return like.new_tensor(numbers).view(3, 1, 1)
