"""Turn pictures upright: cameras store them as the sensor lay and note the turn in EXIF data.

Source: EXIF 2.3, tag 274 (Orientation), values 1 to 8.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile

# Orientation -> step along rows, step along columns; from 5 on, the axes change places after that.
_STEPS = dict(
    enumerate(((1, 1), (1, -1), (-1, -1), (-1, 1), (1, 1), (-1, 1), (-1, -1), (1, -1)), start=1)
)


def orientation(image: ImageFile) -> int:
    """Look up how an opened picture lies.

    Returns:
        1 to 8; 1 for upright, for no or impossible EXIF data, and for TIFF, which Pillow itself turns.
    """
    exif = Image.Exif()
    exif.load(image.info.get("exif", b""))
    found = exif.get(ExifTags.Base.Orientation)
    return found if found in _STEPS else 1


def swaps_sides(orientation: int) -> bool:
    """Tell whether turning makes the height the width."""
    return orientation >= 5


def turn(samples: NDArray[np.unsignedinteger], orientation: int) -> NDArray[np.unsignedinteger]:
    """Turn a picture upright.

    Args:
        samples: (H, W, C) as stored.
        orientation: 1 to 8.

    Returns:
        (H, W, C) or (W, H, C), a view.
    """
    rows, columns = _STEPS[orientation]
    stepped = samples[::rows, ::columns]
    return stepped.swapaxes(0, 1) if swaps_sides(orientation) else stepped
