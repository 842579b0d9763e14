"""The default data set: eight photographs that ship with the dependencies, and 48 dead leaves.

    train/        astronaut coffee motorcycle_left (.png), leaves_00 .. leaves_39 (.bmp)
    validation/   flower.jpg, leaves_40 .. leaves_47 (.bmp)
    test/         chelsea.png rocket.jpg china.jpg grace_hopper.jpg

Nothing is downloaded. The photographs are byte-identical copies out of the installed scikit-image,
scikit-learn and matplotlib; the leaves are drawn (components/pictures/dead_leaves.py) in colours of the
training photographs. All bytes are checked against digests: the set is the same everywhere. The
test has photographs only, for those are what a model is to restore.
"""

import hashlib
import io
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components import sources
from components.datasets.layout import by_split
from components.errors import DatasetError
from components.parts import PartParams
from components.pictures.dead_leaves import dead_leaves
from components.sources import SPLITS, Credit, Found, Split, Survey
from components.store import write_atomically


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph that ships with an installed package; `sha256` is that of the file's bytes."""

    name: str
    split: Split
    package: str
    sha256: str
    author: str
    licence: str


_CC0 = "CC0 1.0, https://creativecommons.org/publicdomain/zero/1.0/"
_CC_BY = "CC BY 2.0, https://creativecommons.org/licenses/by/2.0/"

# The files are equal in scikit-image 0.24 and 0.26, in scikit-learn 1.5 and 1.9, in matplotlib 3.9
# and 3.11. Authors and licences are as in the docstrings of skimage.data, in scikit-learn's
# images/README.txt (which names china.jpg's author for flower.jpg too; the address it gives is
# right), and in https://github.com/matplotlib/matplotlib/pull/1599.
PHOTOGRAPHS = (
    Photograph(
        "astronaut.png",
        "train",
        "scikit-image",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        "NASA, Great Images database, https://flic.kr/p/r9qvLn",
        "public domain, no known copyright restrictions",
    ),
    Photograph(
        "coffee.png",
        "train",
        "scikit-image",
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        "Rachel Michetti, courtesy of Pikolo Espresso Bar",
        _CC0,
    ),
    Photograph(
        "motorcycle_left.png",
        "train",
        "scikit-image",
        "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
        "Scharstein et al., High-resolution stereo datasets with subpixel-accurate ground truth,"
        " GCPR 2014, http://vision.middlebury.edu/stereo/data/scenes2014/",
        "none stated; to be cited as the Middlebury 2014 stereo data sets",
    ),
    Photograph(
        "flower.jpg",
        "validation",
        "scikit-learn",
        "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
        "vultilion, some rights reserved,"
        " https://www.flickr.com/photos/vultilion/6056698931/sizes/z/in/photostream/",
        _CC_BY,
    ),
    Photograph(
        "chelsea.png",
        "test",
        "scikit-image",
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        "Stefan van der Walt",
        _CC0,
    ),
    Photograph(
        "rocket.jpg",
        "test",
        "scikit-image",
        "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
        "SpaceX, https://www.flickr.com/photos/spacexphotos/16511594820/in/photostream/",
        "public domain",
    ),
    Photograph(
        "china.jpg",
        "test",
        "scikit-learn",
        "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
        "danielbuechele, some rights reserved,"
        " https://www.flickr.com/photos/danielbuechele/6061409035/sizes/z/in/photostream/",
        _CC_BY,
    ),
    Photograph(
        "grace_hopper.jpg",
        "test",
        "matplotlib",
        "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
        "U.S. Navy, official portrait of Commodore Grace M. Hopper, 1984",
        "public domain",
    ),
)

LEAVES: dict[Split, range] = {"train": range(40), "validation": range(40, 48)}
LEAVES_SHA256 = "37591f7014627723e7eb4f6c5ec11637095e0e7c69ef5b8f2e6f27750632ecaf"
"""Of the 48 files' bytes one after the other."""


class Params(PartParams):
    """The embedded data set has no parameters of its own."""

    name: Literal["embedded"] = "embedded"


class Source(sources.Source):
    """Makes the default data set, and reads it."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def survey(self, folder: Path) -> Survey:
        """List every picture in the folders of the three splits; each needs one."""
        groups = by_split(folder, SPLITS)
        found = [Found(path, split) for split, paths in groups.pictures.items() for path in paths]
        return Survey(tuple(sorted(found, key=attrgetter("gt"))), groups.faults)

    def materialise(self, folder: Path) -> bool:
        """Make the data folder, whole or not at all.

        Returns:
            False, and nothing is touched, when the folder holds something already.

        Raises:
            DatasetError: an installed package has no or another version of a photograph, the leaves
                come out differently, or the folder cannot be written.
        """
        try:
            if folder.exists() and any(folder.iterdir()):
                return False
            photographs = _photographs()
            _write(folder, photographs | _leaves(photographs))
        except OSError as error:
            raise DatasetError(f"{folder}: the data set cannot be made: {error}") from error
        return True

    def credits(self) -> tuple[Credit, ...]:
        """Say who made which picture on what terms: a row per photograph, one for the leaves."""
        leaves = Credit(
            "leaves_00.bmp to leaves_47.bmp",
            "drawn by components/pictures/dead_leaves.py in colours of the training photographs",
            "that of this project",
        )
        photographs = (Credit(photo.name, photo.author, photo.licence) for photo in PHOTOGRAPHS)
        return (*photographs, leaves)


def _photographs() -> dict[str, bytes]:
    """Read every photograph; path within the data folder -> bytes."""
    return {f"{photo.split}/{photo.name}": _read(photo) for photo in PHOTOGRAPHS}


def _read(photograph: Photograph) -> bytes:
    """Find a photograph among the files of its package, wherever in there it lies."""
    name, package = photograph.name, photograph.package
    try:
        files = distribution(package).files or []
    except PackageNotFoundError as error:
        raise DatasetError(f"{name}: ships with {package}, which is not installed") from error
    contents = [file.read_binary() for file in files if file.name == name]
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    if photograph.sha256 not in digests:
        raise DatasetError(
            f"{name}: the embedded data set needs sha256 {photograph.sha256},"
            f" {package} {version(package)} has {', '.join(digests) or 'no such file'}"
        )
    return contents[digests.index(photograph.sha256)]


def _leaves(photographs: dict[str, bytes]) -> dict[str, bytes]:
    """Draw the leaves, each in the colours of one lossless training photograph in turn."""
    lossless = [name for name in photographs if name.startswith("train/")]
    palettes = [_palette(photographs[name]) for name in lossless]
    files = {
        f"{split}/leaves_{number:02d}.bmp": _bitmap(
            dead_leaves(number, palette=palettes[number % len(palettes)])
        )
        for split, numbers in LEAVES.items()
        for number in numbers
    }
    found = hashlib.sha256(b"".join(files.values())).hexdigest()
    if found != LEAVES_SHA256:
        raise DatasetError(
            f"dead leaves: the embedded data set needs sha256 {LEAVES_SHA256},"
            f" numpy {version('numpy')} and pillow {version('pillow')} made {found}"
        )
    return files


def _palette(content: bytes) -> NDArray[np.uint8]:
    """Take a colour every 16 pixels, row by row, so that neighbours are neighbours in the scene."""
    return np.asarray(Image.open(io.BytesIO(content)))[8::16, 8::16].reshape(-1, 3)


def _bitmap(picture: NDArray[np.uint8]) -> bytes:
    """Save without compression, which another version of a library could do differently."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "BMP")
    return stream.getvalue()


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write all files or none: build the folder beside its place, sync, rename."""
    folder = folder.resolve()  # the place itself, should it be a link
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        built = Path(temporary, folder.name)
        for name, content in files.items():
            (built / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(built / name, content)
        built.rename(folder)
