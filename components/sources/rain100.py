"""Rain100L and Rain100H with their training sets: rain streaks drawn over pictures of Berkeley's collection.

    RainTrainL/rain-1.png          RainTrainL/norain-1.png         for training; `rainy/` and `gt/` may be
    Rain100L/rain-001.png          Rain100L/norain-001.png         between; likewise with H
    train/  test/                  in place of these names; without any, the data folder is the test
    test/input/1.png               test/target/1.png               the same name, as AirNet has them

1800 pairs are published as RainTrainH, but 546 of them show pictures of its test: PReNet leaves these out
and trains on 1254. The pictures of the tests are also in BSD400. The authors later replaced both sets
under the same address (RainLight and RainHeavy, 200 and 1800 pairs): digests tell them apart, counts do
not, and numbers on one say nothing about the other.

Source: Yang et al., Deep joint rain detection and removal, CVPR 2017; names as the loaders of PReNet
(https://github.com/csdwren/PReNet) and AirNet expect them.
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.sources import Credit, Expected, Form, SetParams, Split

_REPLACED = "original, or the authors' replacement, which counts tell not apart"
_EXPECTED = {
    "L": (Expected({"train": 200, "test": 100}, f"RainTrainL and Rain100L: {_REPLACED}"),),
    "H": (
        Expected({"train": 1254, "test": 100}, "RainTrainH without 546 pictures of the test"),
        Expected({"train": 1800, "test": 100}, f"RainTrainH with them, and Rain100H: {_REPLACED}"),
    ),
}


class Params(SetParams):
    """Light or heavy rain."""

    name: Literal["rain100"] = "rain100"
    set: Literal["L", "H"]


class Source(sources.PatternSource[Params]):
    """Pairs `rain-1` with `norain-1`, or the same name in `input/` and `target/`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List both forms, for training and for testing."""
        tops: tuple[tuple[Split, str], ...] = (
            ("train", f"{{set:train/|RainTrain{self.params.set}/}}"),
            ("test", f"{{set:|test/|Rain100{self.params.set}/}}"),
        )
        return tuple(
            Form(split, f"{top}{gt}", f"{top}{lq}")
            for split, top in tops
            for gt, lq in (
                ("{gt:|gt/}norain-{id}", "{lq:|rainy/}rain-{id}"),
                ("target/{id}", "input/{id}"),
            )
        )

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs."""
        return _EXPECTED[self.params.set]

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit(f"Rain100{self.params.set}", "Yang et al., CVPR 2017", "none stated"),)
