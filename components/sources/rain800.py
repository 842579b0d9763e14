"""Rain800: clean and rainy picture side by side in one file, twice as wide.

    train/1.jpg                  [clean | rain], as published; test/ likewise ("Test100")
    train/target/1.png           after `unpack`: ground truth,
    train/input/1.png            and the same name with rain

A file of two pictures is no picture: training, benchmark and checks see one picture a file, so the set is
unpacked once, into PNG, and its published form is refused.

Source: Zhang, Sindagi, Patel, Image de-raining using a conditional generative adversarial network (ID-CGAN),
https://github.com/hezhangsprinter/ID-CGAN.
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.datasets.layout import Fault, sweep
from components.datasets.unpacking import new_folder
from components.errors import DatasetError
from components.pictures import images
from components.pictures.images import Picture
from components.sources import Credit, Expected, Form, SetParams, Survey

_SPLITS = ("train", "test")


class Params(SetParams):
    """Nothing of its own."""

    name: Literal["rain800"] = "rain800"


class Source(sources.PatternSource[Params]):
    """Pairs `input/` with `target/`; splits the files of the published form."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """Pair equal names."""
        return (
            Form("train", "train/target/{id}", "train/input/{id}"),
            Form("test", "test/target/{id}", "test/input/{id}"),
        )

    def survey(self, folder: Path) -> Survey:
        """List every pair; files with both pictures in them are one fault together."""
        packed = _packed(folder)
        if packed:
            rule = (
                f"{len(packed)} files hold clean and rainy picture side by side; write the set with"
                " one picture a file: restill data unpack"
            )
            return Survey((), (Fault(folder, rule),))
        return super().survey(folder)

    def unpack(self, folder: Path, target: Path) -> int:
        """Split every file in its middle and write both halves as PNG.

        Raises:
            DatasetError: no file is to be split, one has an odd width, or the target exists.
            PictureError: a picture cannot be read.
        """
        packed = _packed(folder)
        if not packed:
            return super().unpack(folder, target)
        with new_folder(target) as built:
            for file in packed:
                picture = images.read(file)
                width = picture.pixels.shape[2]
                if width % 2:
                    raise DatasetError(
                        f"{file}: two pictures side by side, yet {width} pixels wide"
                    )
                place = built / file.relative_to(folder).with_suffix(".png")
                for half, pixels in zip(("target", "input"), _halves(picture), strict=True):
                    (place.parent / half).mkdir(parents=True, exist_ok=True)
                    images.write(place.parent / half / place.name, pixels)
            return len(self.find(built))

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs."""
        return (Expected({"train": 700, "test": 100}, "ID-CGAN's, unpacked"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("Rain800", "Zhang, Sindagi, Patel, 2017", "none stated"),)


def _packed(folder: Path) -> list[Path]:
    """List the pictures directly in the splits' folders: those that hold two."""
    tops = {folder / split for split in _SPLITS}
    return [path for path in sweep(folder).pictures if path.parent in tops]


def _halves(picture: Picture) -> tuple[Picture, Picture]:
    left, right = picture.pixels.chunk(2, dim=2)
    return Picture(left, picture.bits), Picture(right, picture.bits)
