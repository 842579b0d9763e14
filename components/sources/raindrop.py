"""Raindrop: drops on glass, each scene photographed with the wet and with a clean pane.

    train/data/0_rain.png       train/gt/0_clean.png
    test_a/data/0_rain.png      test_a/gt/0_clean.png      58 pairs of test_b that are well aligned
    test_b/data/0_rain.jpg      test_b/gt/0_clean.jpg

Test_a, the usual one, is part of test_b: one of them is the test, the other is passed over.

Source: Qian et al., Attentive generative adversarial network for raindrop removal, CVPR 2018,
https://github.com/rui1996/DeRaindrop; 239 pairs of test_b are as its page counts.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from components import sources
from components.sources import Credit, Expected, Form, SetParams


class Params(SetParams):
    """Which test."""

    name: Literal["raindrop"] = "raindrop"
    test: Literal["a", "b"] = Field(default="a", description="test_a or test_b")


class Source(sources.PatternSource[Params]):
    """Pairs `0_rain` with `0_clean`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List training and the test that is asked for."""
        test = f"test_{self.params.test}"
        return (
            Form("train", "train/gt/{id}_clean", "train/data/{id}_rain"),
            Form("test", f"{test}/gt/{{id}}_clean", f"{test}/data/{{id}}_rain"),
        )

    def aside(self) -> tuple[str, ...]:
        """Leave the other test."""
        return ("test_{test:a|b}/{any:.+}",) if self.params.test == "a" else ("test_a/{any:.+}",)

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs."""
        count = 58 if self.params.test == "a" else 239
        return (Expected({"train": 861, "test": count}, f"test_{self.params.test}"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("Raindrop", "Qian, Tan, Yang, Su, Liu, CVPR 2018", "none stated"),)
