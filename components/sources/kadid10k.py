"""KADID-10k: 81 pictures under 25 distortions in 5 strengths, with people's opinions of them.

    dmos.csv                  dist_img,ref_img,dmos,var: 1 to 5, higher is better, whatever its name says
    images/I01.png            the reference
    images/I01_01_01.png      distortion 01 in strength 01

References are drawn into splits as a whole, with `validation` and `test`.

Source: Lin, Hosu, Saupe, KADID-10k: a large-scale artificially distorted IQA database, QoMEX 2019,
http://database.mmsp-kn.de/kadid-10k-database.html.
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.datasets.opinions import Opinions, read_opinions
from components.sources import Credit, Expected, Form, UnsplitParams

_LIST = "dmos.csv"


class Params(UnsplitParams):
    """Nothing of its own."""

    name: Literal["kadid10k"] = "kadid10k"


class Source(sources.QualitySource[Params]):
    """Pairs `I01_01_01` with `I01`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List the one form."""
        return (Form("train", r"images/{scene:I\d+}", r"images/{scene:I\d+}_{nth}"),)

    def aside(self) -> tuple[str, ...]:
        """Leave the list of scores."""
        return (Path(_LIST).stem,)

    def opinions(self, folder: Path) -> Opinions:
        """Read the list."""
        line = r"(?P<name>[^,]+),[^,]+,(?P<score>[^,]+),[^,]+"
        return read_opinions([folder / _LIST], line, skip=1)

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs."""
        return (Expected({"train": 10_125}, "81 references"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("KADID-10k", "Lin, Hosu, Saupe; pictures of Pixabay", "free to use"),)
