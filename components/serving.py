"""Station 7, serving: restore picture files with a released model."""

from collections.abc import Sequence
from pathlib import Path

from components import inference
from components.datasets.layout import SUFFIXES
from components.errors import PictureError
from components.models import RestorationModel
from components.pictures import colour, images
from components.pictures.images import Picture
from components.pictures.resize import resize
from components.training import checkpoint


def targets(pictures: Sequence[Path], output: Path) -> list[tuple[Path, Path]]:
    """Decide where each restored picture goes, before anything is read or written.

    Args:
        pictures: Files to restore.
        output: A file for one picture; else a folder, made when missing, where names are kept.

    Raises:
        PictureError: a file is missing, would be overwritten by its own result, two results would have
            one name, or a name cannot be written to.
    """
    missing = [str(file) for file in pictures if not file.is_file()]
    if missing:
        raise PictureError(f"no such file: {', '.join(missing)}")
    is_folder = output.is_dir() or len(pictures) > 1 or not output.suffix
    if is_folder and output.is_file():
        raise PictureError(f"{output}: is a file, but the results need a folder")
    pairs = [(file, output / file.name if is_folder else output) for file in pictures]
    names = [target for _, target in pairs]
    for source, target in pairs:
        if target.resolve() == source.resolve():
            raise PictureError(f"{source}: the result would overwrite it; name another output")
        if names.count(target) > 1:
            raise PictureError(f"{target}: two pictures would be written there")
        if target.suffix.lower() not in SUFFIXES:
            raise PictureError(f"{target}: the suffix must be one of {', '.join(SUFFIXES)}")
    return pairs


def restore_file(folder: Path, source: Path, target: Path, *, tile: int = 256) -> None:
    """Restore one picture file.

    Args:
        folder: Checkpoint of the model.
        source: PNG, JPEG, ...; RGB, RGBA or grey, 8 or 16 bits.
        target: Its suffix says the format; bits, grey and alpha are kept.
        tile: Side of the tiles in pixels of the input; the degradation is described once, for the
            whole picture.

    Raises:
        PictureError: the file is no picture, the target's format cannot hold the result, or the target
            cannot be written.
        CheckpointError: the model's files are damaged.
    """
    network = checkpoint.load(folder)
    restored = restore_picture(network, images.read(source), tile=tile)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        images.write(target, restored)
    except OSError as error:
        raise PictureError(f"{target}: cannot be written: {error.strerror or error}") from error


def restore_picture(network: RestorationModel, picture: Picture, *, tile: int = 256) -> Picture:
    """Restore one picture; its alpha is enlarged by bicubic interpolation.

    Args:
        network: In evaluation mode, not privileged.
        picture: Of any size.
        tile: Side of the tiles, pixels of the picture.

    Raises:
        PictureError: the network needs the ground truth.
    """
    if network.privileged:
        raise PictureError("this network sees the ground truth; it can teach, not restore")
    lq = images.rgb(picture).unsqueeze(0)
    rgb = inference.restore(network, lq, tile=tile).clamp(0, 1)
    pixels = colour.grey(rgb)[0].float() if picture.grey else rgb[0]
    alpha = picture.alpha
    if alpha is not None:
        alpha = resize(alpha.unsqueeze(0), *rgb.shape[-2:])[0].clamp(0, 1)
    return Picture(pixels=pixels, bits=picture.bits, alpha=alpha)
