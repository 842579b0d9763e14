"""Degrade twice, as Real-ESRGAN trains: blur, resize, noise, JPEG, and again, then a sinc filter.

    sharpen | blur, resize, noise, JPEG | blur, resize, noise | to size and sinc, JPEG in either order

The steps are parts of this bin; this file draws which sample gets which, and sends those of one choice
through together. Every sample has its own sizes, kinds of noise and order, where the authors draw them
once a batch and mix batches in a pool. For that, factors of resizing are rounded to `factor_step`: there
is a pass for each factor that occurs. The last resizing gives gt / scale; the end is rounded to 8 bits.

Source: X. Wang et al., Real-ESRGAN (ICCVW 2021), https://arxiv.org/abs/2107.10833, figure 2; numbers of
the authors' training files.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, Self

import torch
import torch.nn.functional as F
from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from components import degradations, parts
from components.degradations import Degraded
from components.draws import Draws
from components.errors import PictureError
from components.parts import Block, PartParams, Range

Run = Callable[[Tensor, Draws], Degraded]


def _parse(raw: object) -> PartParams:
    return parts.parse("degradations", raw)


Step = Annotated[SerializeAsAny[PartParams], BeforeValidator(_parse)]


def _step(**default: object) -> Step:
    """Declare a degradation with its default."""
    step: Step = Field(default=default, validate_default=True)
    return step


_MODES = ("area", "bilinear", "bicubic")
# Values that a CPU handles at a time: four pictures of 400 x 400.
_IN_CACHE = 4 * 3 * 400 * 400
_SLACK = 1e-3  # pixels: a factor of 0.35 is a little less in float32


class Stage(Block):
    """One of the two stages; the defaults are the first's."""

    blur: Step = _step(name="mixed_blur")
    blur_share: float = Field(default=1.0, ge=0, le=1, description="samples that are blurred")
    up_down_keep: tuple[float, float, float] = Field(
        default=(0.2, 0.7, 0.1), strict=False, description="shares enlarged, shrunk, neither"
    )
    factor: Range = Field(default=(0.15, 1.5), description="smallest and largest, around 1")
    gaussian: Step = _step(name="gaussian_noise", level=[1.0, 30.0], grey_share=0.4)
    poisson: Step = _step(name="poisson_noise", gain=[0.05, 3.0], grey_share=0.4)
    gaussian_share: float = Field(default=0.5, ge=0, le=1, description="the others: Poisson")
    jpeg: Step = _step(name="jpeg", quality=[30.0, 95.0])

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if min(self.up_down_keep) < 0 or not sum(self.up_down_keep) > 0:
            raise PydanticCustomError(
                "shares", "up_down_keep must not be negative, and one must be above 0"
            )
        if not 0 < self.factor[0] <= 1 <= self.factor[1]:
            raise PydanticCustomError("factor", "factor needs 0 < smallest <= 1 <= largest")
        return self


class Second(Stage):
    """The second stage: everything weaker."""

    blur: Step = _step(name="mixed_blur", width=[0.2, 1.5])
    blur_share: float = Field(default=0.8, ge=0, le=1, description="samples that are blurred")
    up_down_keep: tuple[float, float, float] = Field(
        default=(0.3, 0.4, 0.3), strict=False, description="shares enlarged, shrunk, neither"
    )
    factor: Range = Field(default=(0.3, 1.2), description="of gt / scale, around 1")
    gaussian: Step = _step(name="gaussian_noise", level=[1.0, 25.0], grey_share=0.4)
    poisson: Step = _step(name="poisson_noise", gain=[0.05, 2.5], grey_share=0.4)


class Params(PartParams):
    """Parameters of both stages and the end."""

    name: Literal["real_esrgan"] = "real_esrgan"
    scale: int = Field(default=4, ge=1, description="how many times smaller in the end")
    sharpen: Step | None = _step(name="unsharp_mask")
    first: Stage = Field(default_factory=Stage)
    second: Second = Field(default_factory=Second)
    sinc: Step = _step(name="mixed_blur", shares={"sinc": 1.0}, cutoff=[1 / 3, 1.0])
    sinc_share: float = Field(default=0.8, ge=0, le=1, description="samples that are filtered")
    jpeg_last_share: float = Field(
        default=0.5, ge=0, le=1, description="samples that are filtered first; others: JPEG first"
    )
    factor_step: float = Field(default=0.05, gt=0, description="to which factors are rounded")


class Degradation(degradations.Degradation):
    """Draw for every sample what happens to it, and do it to all of one choice together."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.scale = params.scale
        self.first, self.second = _Built(params.first), _Built(params.second)
        self.sharpen = params.sharpen and parts.build("degradations", params.sharpen)
        self.sinc = parts.build("degradations", params.sinc)

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Degrade (B, 3, H, W) to (B, 3, H / scale, W / scale), levels of 8 bits.

        Raises:
            PictureError: a side is no multiple of the scale.
        """
        height, width = image.shape[-2:]
        if height % self.scale or width % self.scale:
            raise PictureError(f"sides must be multiples of {self.scale}, got {height}x{width}")
        seeds, count = draws.branch().seeds, len(image)
        if image.device.type == "cpu":
            count = max(_IN_CACHE // (3 * height * width), 1)
        chunks = zip(image.split(count or 1), seeds.split(count or 1), strict=True)
        given = [self._degrade(gt, Draws(chunk_seeds)) for gt, chunk_seeds in chunks]
        names = given[0].drawn
        drawn = {name: torch.cat([one.drawn[name] for one in given]) for name in names}
        return Degraded(torch.cat([one.image for one in given]), drawn)

    def _degrade(self, image: Tensor, draws: Draws) -> Degraded:
        """Degrade a few samples."""
        height, width = image.shape[-2:]
        small = (height // self.scale, width // self.scale)
        steps: list[tuple[str, Run]] = [("", self.sharpen)] if self.sharpen else []
        rest = partial(self._rest, small)
        steps += [
            ("first_", self.first.blurred),
            ("", partial(self._resize, "first_", self.first, (height, width), rest)),
        ]
        given = _sequence(steps, image, draws)
        return Degraded((given.image.clamp(0, 1) * 255).round() / 255, given.drawn)

    def _rest(self, small: tuple[int, int], image: Tensor, draws: Draws) -> Degraded:
        """Go on after the first resizing, with samples of one size."""
        end = partial(self._end, small)
        steps = [
            ("first_", self.first.noisy),
            ("first_", self.first.jpeg),
            ("second_", self.second.blurred),
            ("", partial(self._resize, "second_", self.second, small, end)),
        ]
        return _sequence(steps, image, draws)

    def _end(self, small: tuple[int, int], image: Tensor, draws: Draws) -> Degraded:
        """Go on after the second resizing."""
        p = self.params
        jpeg = ("second_", self.second.jpeg)
        sized = ("last_", partial(_resampled, small))
        filtered = ("last_", partial(_some, "is_filtered", self.sinc, p.sinc_share))
        either = partial(
            _either,
            "last_is_jpeg",
            partial(_sequence, [sized, filtered, jpeg]),
            partial(_sequence, [jpeg, sized, filtered]),
            p.jpeg_last_share,
        )
        return _sequence([("second_", self.second.noisy), ("", either)], image, draws)

    def _resize(
        self,
        prefix: str,
        stage: "_Built",
        size: tuple[int, int],
        then: Run,
        image: Tensor,
        draws: Draws,
    ) -> Degraded:
        """Draw a factor of the size for every sample, and go on with each that occurs."""
        factor = stage.factor(draws, self.params.factor_step)

        def run(value: float) -> Run:
            height, width = (max(int(side * value + _SLACK), 1) for side in size)
            sized = partial(_resampled, (height, width))
            return partial(_sequence, [(prefix, sized), ("", then)])

        given = _each(factor, run, image, draws)
        return Degraded(given.image, {f"{prefix}factor": factor} | given.drawn)


class _Built:
    """A stage's parts."""

    def __init__(self, params: Stage) -> None:
        self.params = params
        self.blur, self.gaussian, self.poisson, self.jpeg = (
            parts.build("degradations", step)
            for step in (params.blur, params.gaussian, params.poisson, params.jpeg)
        )

    def blurred(self, image: Tensor, draws: Draws) -> Degraded:
        """Blur the samples that are to be blurred."""
        return _some("is_blurred", self.blur, self.params.blur_share, image, draws)

    def noisy(self, image: Tensor, draws: Draws) -> Degraded:
        """Add one kind of noise or the other, and clip."""
        share = self.params.gaussian_share
        given = _either("is_gaussian", self.gaussian, self.poisson, share, image, draws)
        return Degraded(given.image.clamp(0, 1), given.drawn)

    def factor(self, draws: Draws, step: float) -> Tensor:
        """Draw (B,) factors of resizing, within their range, in whole steps."""
        low, high = self.params.factor
        way = draws.choice(self.params.up_down_keep)
        up, down = draws.uniform(1, high), draws.uniform(low, 1)
        factor = torch.where(way == 0, up, torch.where(way == 1, down, 1.0))
        return ((factor / step).round() * step).clamp(low, high)


def _sequence(steps: list[tuple[str, Run]], image: Tensor, draws: Draws) -> Degraded:
    """Do one after the other; the names of what each has drawn begin with its prefix."""
    drawn: dict[str, Tensor] = {}
    for prefix, step in steps:
        given = step(image, draws)
        image = given.image
        drawn |= {prefix + name: numbers for name, numbers in given.drawn.items()}
    return Degraded(image, drawn)


def _some(name: str, step: Run, share: float, image: Tensor, draws: Draws) -> Degraded:
    """Do something to a share of the samples; `name` tells to which."""
    return _either(name, step, lambda image, _: Degraded(image), share, image, draws)


def _either(name: str, one: Run, other: Run, share: float, image: Tensor, draws: Draws) -> Degraded:
    """Do one thing to a share of the samples, another to the rest."""
    chosen = draws.uniform(0, 1) < share
    given = _each(chosen, {True: one, False: other}.__getitem__, image, draws)
    return Degraded(given.image, {name: chosen} | given.drawn)


def _resampled(size: tuple[int, int], image: Tensor, draws: Draws) -> Degraded:
    """Resize by one of three methods per sample; without antialiasing, as the authors do."""
    mode = draws.choice([1.0] * len(_MODES))

    def run(number: int) -> Run:
        return lambda image, _: Degraded(F.interpolate(image, size, mode=_MODES[number]))

    given = _each(mode, run, image, draws)
    return Degraded(given.image, {"resize_mode": mode})


def _each(choice: Tensor, run: Callable[[Any], Run], image: Tensor, draws: Draws) -> Degraded:
    """Send the samples of each choice through together.

    Args:
        choice: (B,), what was chosen.
        run: Choice -> what to do.
        image: (B, 3, H, W).
        draws: The batch's numbers; each sample goes on with its own.

    Returns:
        All samples in their order; numbers that only others have drawn are 0.
    """
    seeds = draws.branch().seeds
    # Both answers of a yes or no are always run, also for no sample, so that all names are known.
    values = [False, True] if choice.dtype == torch.bool else choice.unique().tolist() or [0]
    groups = [(choice == value).nonzero().flatten() for value in values]
    given = [
        run(value)(_taken(image, group), Draws(seeds[group]))
        for value, group in zip(values, groups, strict=True)
    ]
    names = {name: numbers for one in given for name, numbers in one.drawn.items()}
    drawn = {
        name: numbers.new_zeros(len(image), *numbers.shape[1:]) for name, numbers in names.items()
    }
    for group, one in zip(groups, given, strict=True):
        for name, numbers in one.drawn.items():
            drawn[name][group] = numbers
    return Degraded(_together([one.image for one in given], groups), drawn)


def _taken(image: Tensor, group: Tensor) -> Tensor:
    """Take some of the samples; all of them without a copy."""
    return image if len(group) == len(image) else image[group]


def _together(images: list[Tensor], groups: list[Tensor]) -> Tensor:
    """Put groups of samples back in order."""
    count = sum(map(len, groups))
    if len(largest := max(images, key=len)) == count:
        return largest
    image = largest.new_empty(count, *largest.shape[1:])
    for part, group in zip(images, groups, strict=True):
        image[group] = part
    return image
