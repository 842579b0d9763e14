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
from components.datasets.layout import Fault
from components.parts import PartParams
from components.sources import Form, Survey

_GT_FOLDERS = ("HR", "GTmod12")


class Params(PartParams):
    """Parameters of a set of pairs for super-resolution."""

    name: Literal["paired_sr"] = "paired_sr"
    scale: int = Field(default=4, ge=2, description="mates are taken from LRbicx<scale>")


class Source(sources.PatternSource[Params]):
    """Reads `HR/` or `GTmod12/` and, where it exists, `LRbicx<scale>/`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:
        """Pair equal paths within the folders of ground truth and of mates."""
        scale = self.params.scale
        mates = f"LRbicx{scale}"
        lq = f"{mates}/{{id:.+}}" if (folder / mates).exists() else ""
        return tuple(Form("test", f"{name}/{{id:.+}}", lq, scale) for name in _there(folder))

    def aside(self) -> tuple[str, ...]:
        """Leave mates of other scales, and whatever else lies beside these folders."""
        read = "|".join((*_GT_FOLDERS, f"LRbicx{self.params.scale}"))
        return (f"{{other:(?!({read})/).+}}",)

    def survey(self, folder: Path) -> Survey:
        """List every picture; besides the faults of pairs, one folder of ground truth is needed."""
        there = _there(folder)
        if folder.is_dir() and len(there) != 1:
            number = "both" if there else "none"
            rule = f"needs {' or '.join(_GT_FOLDERS)}, there is {number} of them"
            return Survey((), (Fault(folder, rule),))
        return super().survey(folder)


def _there(folder: Path) -> list[str]:
    return [name for name in _GT_FOLDERS if (folder / name).is_dir()]
