"""Rain13K: the training set that MPRNet put together of five, with five tests.

    train/Rain13K/input/1.jpg       train/Rain13K/target/1.jpg      or without `Rain13K/`
    test/Rain100L/input/1.png       test/Rain100L/target/1.png      Rain100H, Test100, Test1200, Test2800

The same name makes a pair, whatever the suffix. Tests that are not asked for are passed over.

Source: Zamir et al., Multi-stage progressive image restoration, CVPR 2021,
https://github.com/swz30/MPRNet; Restormer takes the same folders.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from components import sources
from components.sources import Credit, Expected, Form, SetParams, Split

_TESTS = {"Rain100L": 100, "Rain100H": 100, "Test100": 100, "Test1200": 1200, "Test2800": 2800}


class Params(SetParams):
    """Which test."""

    name: Literal["rain13k"] = "rain13k"
    test: Literal["all", "Rain100L", "Rain100H", "Test100", "Test1200", "Test2800"] = Field(
        default="all", description="of the five tests"
    )


class Source(sources.PatternSource[Params]):
    """Pairs equal names in `input/` and `target/`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List training and the tests that are asked for."""
        tests = "|".join(_TESTS) if self.params.test == "all" else self.params.test
        places: tuple[tuple[Split, str], ...] = (
            ("train", "train/{set:|Rain13K/}"),
            ("test", f"test/{{set:{tests}}}/"),
        )
        return tuple(
            Form(split, f"{top}target/{{id}}", f"{top}input/{{id}}") for split, top in places
        )

    def aside(self) -> tuple[str, ...]:
        """Leave the tests that are not asked for."""
        return (f"test/{{set:{'|'.join(_TESTS)}}}/{{half:input|target}}/{{id}}",)

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs."""
        test = self.params.test
        pairs = sum(_TESTS.values()) if test == "all" else _TESTS[test]
        return (Expected({"train": 13_712, "test": pairs}, f"MPRNet's; tests: {test}"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("Rain13K", "Zamir et al., CVPR 2021, of the sets of others", "none stated"),)
