"""Station 1, dataset: from a folder of pictures to a manifest, every picture decoded once."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components import parts
from components.artifacts import Manifest, Progress, name_of, no_progress
from components.config import DataParams
from components.datasets.manifest import FILE, read_rows, write_rows
from components.errors import DatasetError
from components.inspection import descriptors
from components.keys import Key, digest_of, make_key, parts_of
from components.pictures import images
from components.sources import SPLITS, Found, Source
from components.store import Outcome, Workplace, sha256_of
from components.versioning import tree

_SHOWN = 8


def key_of(params: DataParams, workplace: Workplace) -> Key:
    """Name the manifest that `prepare` gives for the pictures that are there now.

    Raises:
        DatasetError: as `tree.tree_digest` does.
    """
    return make_key(
        "dataset",
        parts=parts_of(params.source),
        parameters=params.model_dump(mode="json"),
        inputs={"data": tree.tree_digest(workplace.data)},
    )


def prepare(
    params: DataParams, *, workplace: Workplace, progress: Progress = no_progress
) -> Outcome[Manifest]:
    """List, check and digest the pictures in the data folder.

    Args:
        params: Which layout the folder has. A source that can make its data makes it where the
            folder is missing or empty.
        workplace: The data folder, and where the manifest goes.
        progress: Told once a picture.

    Raises:
        DatasetError: the folder is missing or empty, breaks the layout, lacks a split, or has the
            same picture in two splits.
        PictureError: a picture is damaged; the message names it.
    """
    source: Source = parts.build("sources", params.source)
    data = workplace.data
    if not holds_something(data) and not source.materialise(data):
        raise DatasetError(
            f"{data}: there is no picture, and the source {params.source.name!r} cannot make any"
        )
    key = key_of(params, workplace)

    def make(folder: Path) -> Manifest:
        found = source.find(data)
        _need_every_split(found, data)
        rows = _rows(found, data, progress)
        _refuse_leaks(rows)
        write_rows(folder / FILE, rows)
        files = {picture.gt for picture in found} | {picture.lq for picture in found if picture.lq}
        return Manifest(
            folder=name_of(folder),
            data_digest=key.inputs["data"],
            rows_digest=digest_of(_identity(rows, found)),
            counts={split: sum(row["split"] == split for row in rows) for split in SPLITS},
            num_bytes=sum(file.stat().st_size for file in files),
        )

    return workplace.store.once(key, Manifest, make)


def holds_something(data: Path) -> bool:
    """Tell whether there is a data folder that is not empty."""
    return data.is_dir() and any(data.iterdir())


def overview(manifest: Manifest, workplace: Workplace) -> list[list[NDArray[np.uint8]]]:
    """Read the first pictures of each split, a row a split, for people to look at."""
    return [
        [images.samples8(images.rgb(images.read(row.file))) for row in rows[:_SHOWN]]
        for split in SPLITS
        if (rows := read_rows(manifest, split, workplace))
    ]


def _need_every_split(found: list[Found], data: Path) -> None:
    counts = {split: sum(picture.split == split for picture in found) for split in SPLITS}
    if not all(counts.values()):
        raise DatasetError(
            f"{data}: every split needs a picture, there are "
            + ", ".join(f"{count} in {split}" for split, count in counts.items())
            + "; data.source may draw a share of train into the others"
        )


def _rows(found: list[Found], data: Path, progress: Progress) -> list[dict[str, Any]]:
    """Decode every file once, also a ground truth that many pairs share."""
    facts: dict[Path, dict[str, Any]] = {}
    rows = []
    for number, picture in enumerate(found, start=1):
        if picture.gt not in facts:
            facts[picture.gt] = _facts(picture.gt)
        if picture.lq:
            images.describe(picture.lq)  # refuses a damaged one
        rows.append(
            {
                "path": picture.gt.relative_to(data).as_posix(),
                "split": picture.split,
                **facts[picture.gt],
                "lq": picture.lq.relative_to(data).as_posix() if picture.lq else None,
                "score": picture.score,
                "scene": picture.scene,
            }
        )
        progress(number, len(found), (picture.lq or picture.gt).name)
    return rows


def _facts(file: Path) -> dict[str, Any]:
    picture = images.read(file)  # refuses a damaged one
    described = descriptors.measure(picture, descriptors.quality_in(file))
    return {
        "num_bytes": file.stat().st_size,
        "sha256": sha256_of(file),
        **asdict(described),
        "grey": picture.grey,
        "bits": picture.bits,
    }


def _identity(rows: list[dict[str, Any]], found: list[Found]) -> list[object]:
    """List all that makes these rows what they are: names, bytes, splits, scores, scenes."""
    identity: list[object] = [[r["path"], r["sha256"], r["split"], r["lq"]] for r in rows]
    identity += [sha256_of(picture.lq) for picture in found if picture.lq]
    return identity + [[p.score, p.scene] for p in found if p.score is not None or p.scene]


def _refuse_leaks(rows: list[dict[str, Any]]) -> None:
    """A picture, or a scene, in two splits would be tested on what it was trained on."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        for what, name in (("picture", row["sha256"]), ("scene", row["scene"])):
            twin = first.setdefault(f"{what} {name}", row) if name else row
            if twin["split"] != row["split"]:
                raise DatasetError(
                    f"{row['path']} and {twin['path']} are the same {what} in two splits, "
                    f"{row['split']} and {twin['split']}; a {what} belongs to one split only"
                )
