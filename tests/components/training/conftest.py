"""What the loader's tests share: pictures written as a manifest lists them."""

import pytest
import torch

from components.artifacts import Manifest, name_of
from components.datasets import manifest as table
from components.datasets.manifest import Row
from components.pictures import images
from components.pictures.images import Picture
from components.store import Store, Workplace


@pytest.fixture
def detailed():
    """Make a picture of noise."""
    return lambda *shape: torch.randint(256, shape).float() / 255


@pytest.fixture
def write_row(tmp_path):
    """Write a picture, and its mate where there is one, and describe them as a manifest does."""
    folder = tmp_path / "pictures"
    folder.mkdir()

    def write_row(name, pixels, lq=None, *, bits=8):
        images.write(folder / name, Picture(pixels, bits))
        mate = None
        if lq is not None:
            mate = f"lq-{name}"
            images.write(folder / mate, Picture(lq))
        return Row(folder, name, "", pixels.shape[2], pixels.shape[1], mate)

    return write_row


@pytest.fixture
def listed(tmp_path):
    """Make the manifest of some rows, and the workplace where it lies."""

    def listed(train, validation=()):
        workplace = Workplace(Store(tmp_path / "work"), tmp_path / "pictures")
        folder = workplace.store.root / "dataset" / "key"
        folder.mkdir(parents=True, exist_ok=True)
        rows = [("train", row) for row in train] + [("validation", row) for row in validation]
        table.write_rows(folder / table.FILE, [_entry(split, row) for split, row in rows])
        digest = " ".join(f"{split} {row.path} {row.lq}" for split, row in rows)
        counts = {"train": len(train), "validation": len(validation)}
        record = Manifest(
            folder=name_of(folder), data_digest="", rows_digest=digest, counts=counts, num_bytes=0
        )
        return record, workplace

    return listed


def _entry(split, row):
    known = {"path": row.path, "split": split, "sha256": row.sha256, "lq": row.lq}
    return dict.fromkeys(table.COLUMNS) | known | {"width": row.width, "height": row.height}
