"""TID2013: 25 pictures under 24 distortions in 5 strengths, with people's opinions of them.

    mos_with_names.txt               lines `5.51429 I01_01_1.bmp`: 0 to 9, higher is better
    reference_images/I01.BMP         and I25 as `i25.bmp`
    distorted_images/i01_01_1.bmp    and others as `I02_01_1.bmp`

Upper and lower case are mixed in the published names, and are the same here. References are drawn into
splits as a whole, with `validation` and `test`.

Source: Ponomarenko et al., Image database TID2013, Signal Processing: Image Communication 2015,
https://www.ponomarenko.info/tid2013.htm.
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.datasets.opinions import Opinions, read_opinions
from components.sources import Credit, Expected, Form, UnsplitParams


class Params(UnsplitParams):
    """Nothing of its own."""

    name: Literal["tid2013"] = "tid2013"


class Source(sources.QualitySource[Params]):
    """Pairs `i01_01_1` with `I01`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List the one form."""
        reference, mate = "reference_images/{scene}", "distorted_images/{scene}_{nth}"
        return (Form("train", reference, mate, any_case=True),)

    def aside(self) -> tuple[str, ...]:
        """Leave the lists of scores and the values of metrics that the set brings."""
        return ("mos{list:|_with_names|_std}", "metrics_values/{any:.+}")

    def opinions(self, folder: Path) -> Opinions:
        """Read the list."""
        return read_opinions([folder / "mos_with_names.txt"], r"(?P<score>\S+)\s+(?P<name>\S+)")

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs."""
        return (Expected({"train": 3_000}, "25 references"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("TID2013", "Ponomarenko et al., 2015", "research"),)
