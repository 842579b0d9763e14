"""Write a data set anew: whole or not at all, files that stay as they are by hard links."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from components.errors import DatasetError


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write into; it becomes `target` when the block ends well.

    Args:
        target: A folder that does not exist.

    Raises:
        DatasetError: the target exists, or cannot be written.
    """
    if target.exists():
        raise DatasetError(f"{target}: exists already; the set is written into a new folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
            built = Path(temporary, target.name)
            built.mkdir()
            yield built
            built.rename(target)
    except OSError as error:
        raise DatasetError(f"{target}: the set cannot be written: {error}") from error


def keep(file: Path, place: Path) -> None:
    """Put a file at another place too: by a hard link, or a copy on another disk."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        place.hardlink_to(file.resolve())
    except OSError:
        shutil.copyfile(file, place)
