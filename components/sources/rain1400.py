"""Rain1400 (DDN): fourteen rainy pictures of each clean one.

    training/ground_truth/1.jpg       training/rainy_image/1_1.jpg ... 1_14.jpg
    testing/ground_truth/1.jpg        testing/rainy_image/1_1.jpg ... 1_14.jpg

900 clean pictures are for training and 100 for testing. Where all lie in one `ground_truth/` and one
`rainy_image/`, 1 to 900 are for training and 901 to 1000 for testing.

Source: Fu et al., Removing rain from single images via a deep detail network, CVPR 2017; names as PReNet's
loader expects them.
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.sources import Credit, Expected, Form, SetParams

_TO_900 = r"[1-9]\d?|[1-8]\d\d|900"
_TO_1000 = r"9(?!00)\d\d|1000"


class Params(SetParams):
    """Nothing of its own."""

    name: Literal["rain1400"] = "rain1400"


class Source(sources.PatternSource[Params]):
    """Pairs `1_1` to `1_14` with `1`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List the form with folders per split, and the one with numbers alone."""
        return (
            Form("train", *_paths("{split:train|training}/", "{id}")),
            Form("test", *_paths("{split:test|testing}/", "{id}")),
            Form("train", *_paths("", f"{{id:{_TO_900}}}")),
            Form("test", *_paths("", f"{{id:{_TO_1000}}}")),
        )

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs, fourteen of each clean picture."""
        return (Expected({"train": 12_600, "test": 1_400}, "1000 clean pictures"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("Rain1400", "Fu et al., CVPR 2017", "none stated"),)


def _paths(top: str, clean: str) -> tuple[str, str]:
    return f"{top}ground_truth/{clean}", f"{top}rainy_image/{clean}_{{nth}}"
