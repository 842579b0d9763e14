"""Any two folders of pictures of one's own: ground truth in one, degraded mates in the other.

    gt/a.png  gt/b.png                 lq/a.png  lq/b.jpg                 the same name, whatever the suffix
    train/gt/  validation/gt/ ...      train/lq/  validation/lq/ ...      with folders per split
    clean/12.png                       hazy/12_1.png  hazy/12_2.png       {gt: clean, lq: hazy,
                                                                           lq_name: "{id}_{nth}"}

Names are templates (`components/datasets/templates.py`): `{id}` is what a picture and its mates have in common,
`{nth}` tells several mates of one picture apart, `{scene}` what must stay in one split. `{id}` alone, the default,
reaches no deeper folder; `{id:.+}` does. Without folders per split, pairs are drawn into splits by the name
of the ground truth or of the scene.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from components import sources
from components.datasets.layout import has_splits
from components.datasets.templates import fields_of
from components.sources import SPLITS, Form, Split, UnsplitParams


class Params(UnsplitParams):
    """Where the pictures lie; the shares matter only without a folder per split."""

    name: Literal["paired_folders"] = "paired_folders"
    gt: str = Field(default="gt", min_length=1, description="folder of the ground truth")
    lq: str = Field(default="lq", min_length=1, description="folder of the degraded pictures")
    gt_name: str = Field(default="{id}", description="template of a name, without the suffix")
    lq_name: str = Field(default="{id}", description="of a mate's name; {nth} where there are many")
    scale: int = Field(default=1, ge=1, description="how many times smaller the mates are")
    validation: float = Field(default=0.1, ge=0, lt=1, description="share of the scenes")
    test: float = Field(default=0.1, ge=0, lt=1, description="share of the scenes; train: the rest")

    @model_validator(mode="after")
    def _two_folders(self) -> Self:
        if self.gt.strip("/") == self.lq.strip("/"):
            raise PydanticCustomError(
                "folders", "gt and lq must be two folders, both are {name}", {"name": repr(self.gt)}
            )
        return self

    @model_validator(mode="after")
    def _names_meet(self) -> Self:
        try:
            common = fields_of(self.gt_name) & fields_of(self.lq_name)
        except re.error as error:
            raise PydanticCustomError(
                "template",
                "a field of gt_name or lq_name is no regular expression: {why}",
                {"why": str(error)},
            ) from error
        if not common - {"nth"}:
            raise PydanticCustomError("template", "gt_name and lq_name need a field in common")
        return self


class Source(sources.PatternSource[Params]):
    """Pairs the names of two folders."""

    def forms(self, folder: Path) -> tuple[Form, ...]:
        """List a form for each split's folder, or one for all."""
        if not has_splits(folder, SPLITS):
            return (self._form("train", ""),)
        return tuple(self._form(split, f"{split}/") for split in SPLITS)

    def shares(self, folder: Path) -> Mapping[Split, float]:
        """Draw nothing where folders decide."""
        return {} if has_splits(folder, SPLITS) else self.params.shares

    def _form(self, split: Split, top: str) -> Form:
        p = self.params
        gt, lq = f"{top}{p.gt.strip('/')}", f"{top}{p.lq.strip('/')}"
        return Form(split, f"{gt}/{p.gt_name}", f"{lq}/{p.lq_name}", p.scale)
