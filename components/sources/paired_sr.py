"""Ground truth beside its bicubic half-, third- or quarter-size mates: Set5, Set14 and their like.

    HR/baby.png          or GTmod12/baby.png
    LRbicx4/baby.png     the same name, both sides a `scale`-th; the folder may be missing

All pictures are for testing. Without the folder of mates, they are drawn when they are needed. Where a
side of the ground truth is no multiple of the scale, the mate is that of the picture cropped, at the
right and bottom, to a multiple.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from components import sources
from components.datasets.layout import pictures
from components.errors import DatasetError
from components.parts import PartParams
from components.pictures import images
from components.sources import Found

_GT_FOLDERS = ("HR", "GTmod12")
_LISTED = 5  # names in one message


class Params(PartParams):
    """Parameters of a set of pairs for super-resolution."""

    name: Literal["paired_sr"] = "paired_sr"
    scale: int = Field(default=4, ge=2, description="mates are taken from LRbicx<scale>")


class Source(sources.Source):
    """Reads `HR/` or `GTmod12/` and, where it exists, `LRbicx<scale>/`."""

    def __init__(self, params: Params) -> None:
        self.scale = params.scale

    def find(self, folder: Path) -> list[Found]:
        """List every picture, sorted by path.

        Raises:
            DatasetError: the ground truth's folder is missing, double or empty; a picture lacks its
                mate, or a mate has the wrong size.
            PictureError: the header of a picture or of its mate cannot be read.
        """
        gt = _pictures_in(_gt_folder(folder))
        lq_folder = folder / f"LRbicx{self.scale}"
        if not lq_folder.exists():
            return [Found(path, "test") for path in gt.values()]
        lq = _pictures_in(lq_folder)
        _need_mates(gt, lq, folder)
        for name, path in gt.items():
            self._check_sizes(path, lq[name])
        return [Found(path, "test", lq[name]) for name, path in gt.items()]

    def _check_sizes(self, gt: Path, lq: Path) -> None:
        height, width = images.size_of(gt)
        wanted = (height // self.scale, width // self.scale)
        found = images.size_of(lq)
        if found != wanted:
            raise DatasetError(
                f"{lq} is {_sides(found)} pixels, {gt} is {_sides((height, width))}: at scale "
                f"{self.scale} the mate must be {_sides(wanted)}"
            )


def _gt_folder(folder: Path) -> Path:
    there = [folder / name for name in _GT_FOLDERS if (folder / name).is_dir()]
    if len(there) != 1:
        number = "both" if there else "none"
        raise DatasetError(f"{folder}: needs {' or '.join(_GT_FOLDERS)}, there is {number} of them")
    return there[0]


def _pictures_in(folder: Path) -> dict[str, Path]:
    """List a folder's pictures by their names within it, sorted."""
    found = {path.relative_to(folder).as_posix(): path for path in pictures(folder)}
    if not found:
        raise DatasetError(f"{folder}: holds no picture")
    return found


def _need_mates(gt: dict[str, Path], lq: dict[str, Path], folder: Path) -> None:
    alone = [str(gt.get(name) or lq[name]) for name in sorted(gt.keys() ^ lq.keys())]
    if alone:
        more = f" and {len(alone) - _LISTED} more" if len(alone) > _LISTED else ""
        raise DatasetError(
            f"{folder}: ground truth and mates need equal names, alone are "
            + ", ".join(alone[:_LISTED])
            + more
        )


def _sides(size: tuple[int, int]) -> str:
    """Write a size as people say it, width first."""
    return f"{size[1]}x{size[0]}"
