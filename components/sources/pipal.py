"""PIPAL: degraded and restored pictures, also by GANs, with people's opinions of them.

    Train_Ref/A0001.bmp            200 references, 288 x 288 pixels
    Train_Dis/A0001_00_00.bmp      116 of each; or Distortion_1/ to Distortion_4/, as the archives unpack
    Train_Label/A0001.txt          lines `A0001_00_00.bmp,1446.0763`: Elo rating, higher is better

The first number behind the reference is the kind: 00 traditional distortions, 01 to 05 restored by
classical and learned methods, 06 by GANs. The ratings of 25 references for validation and 25 for test are
not published. References are drawn into splits as a whole, with `validation` and `test`.

Source: Gu et al., PIPAL: a large-scale image quality assessment dataset for perceptual image restoration,
ECCV 2020, https://github.com/HaomingCai/PIPAL-dataset.
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.datasets.opinions import Opinions, read_opinions
from components.sources import Credit, Expected, Form, UnsplitParams


class Params(UnsplitParams):
    """Nothing of its own."""

    name: Literal["pipal"] = "pipal"


class Source(sources.QualitySource[Params]):
    """Pairs `A0001_00_00` with `A0001`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List the one form."""
        mates = r"{folder:Train_Dis|Distortion_\d}/{scene}_{nth}"
        return (Form("train", "Train_Ref/{scene}", mates),)

    def aside(self) -> tuple[str, ...]:
        """Leave the lists of ratings."""
        return ("Train_Label/{scene}",)

    def opinions(self, folder: Path) -> Opinions:
        """Read a list for each reference."""
        files = sorted((folder / "Train_Label").glob("*.txt"))
        return read_opinions(files or [folder / "Train_Label"], r"(?P<name>[^,]+),(?P<score>.+)")

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs, 116 of each reference."""
        return (Expected({"train": 23_200}, "the 200 references for training"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("PIPAL", "Gu et al., ECCV 2020", "non-commercial"),)
