"""LOL: pictures taken in low light beside the same scene well exposed.

    our485/high/2.png      our485/low/2.png       for training
    eval15/high/1.png      eval15/low/1.png       for testing

The same name makes a pair.

Source: Wei et al., Deep Retinex decomposition for low-light enhancement, BMVC 2018,
https://daooshee.github.io/BMVC2018website/.
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.sources import Credit, Expected, Form, SetParams


class Params(SetParams):
    """Nothing of its own."""

    name: Literal["lol"] = "lol"


class Source(sources.PatternSource[Params]):
    """Pairs equal names in `low/` and `high/`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List training and test."""
        return (
            Form("train", "our485/high/{id}", "our485/low/{id}"),
            Form("test", "eval15/high/{id}", "eval15/low/{id}"),
        )

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs."""
        return (Expected({"train": 485, "test": 15}, "LOL v1"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("LOL", "Wei, Wang, Yang, Liu, BMVC 2018", "research"),)
