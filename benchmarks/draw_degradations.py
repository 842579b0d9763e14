"""Draw the pictures of docs/degradations.md: before, after three draws, and the mask where there is one.

    .venv/bin/python benchmarks/draw_degradations.py docs/degradations

The photographs ship with scikit-image: astronaut and rocket in the public domain, coffee and chelsea CC0.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from skimage import data
from torch import Tensor

from components import parts
from components.draws import Draws, seeds_for
from components.pictures import images
from components.pictures.images import Picture

_SIDE = 160
_DRAWS = 3

# photograph -> top and left of its crop
_CROPS = {"astronaut": (20, 150), "coffee": (100, 180), "chelsea": (60, 140), "rocket": (60, 200)}

# Name of a picture -> photograph, degradation.
_SHOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "gaussian_blur": ("astronaut", {"name": "gaussian_blur", "second_width": [0.2, 4.0]}),
    "generalised_blur": (
        "chelsea",
        {"name": "mixed_blur", "shares": {"generalised_anisotropic": 1.0}},
    ),
    "plateau_blur": ("coffee", {"name": "mixed_blur", "shares": {"plateau_isotropic": 1.0}}),
    "sinc": ("astronaut", {"name": "mixed_blur", "shares": {"sinc": 1.0}}),
    "motion_blur": ("rocket", {"name": "motion_blur"}),
    "gaussian_noise": ("coffee", {"name": "gaussian_noise", "level": 25.0}),
    "grey_noise": ("coffee", {"name": "gaussian_noise", "level": 25.0, "grey_share": 1.0}),
    "poisson_noise": (
        "astronaut",
        {"name": "poisson_noise", "gain": [1.0, 3.0], "grey_share": 0.0},
    ),
    "heteroscedastic_noise": ("chelsea", {"name": "heteroscedastic_noise", "shot": 0.01}),
    "jpeg": ("coffee", {"name": "jpeg", "quality": [5.0, 30.0]}),
    "unsharp_mask": ("chelsea", {"name": "unsharp_mask"}),
    "bicubic_downsample": ("astronaut", {"name": "bicubic_downsample"}),
    "real_esrgan": ("astronaut", {"name": "real_esrgan", "scale": 2}),
    "rain_streaks": ("rocket", {"name": "rain_streaks"}),
    "heavy_rain": ("coffee", {"name": "rain_streaks", "mix": "heavy", "layers": 3}),
    "raindrops": ("chelsea", {"name": "raindrops", "count": [8.0, 14.0]}),
    "haze": ("rocket", {"name": "haze"}),
    "low_light": ("chelsea", {"name": "low_light"}),
}


def main() -> None:
    """Write one JPEG for each degradation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, (photograph, raw)) in enumerate(_SHOWN.items()):
        images.write(folder / f"{name}.jpg", Picture(panels(photograph, raw, seed=number)))


def panels(photograph: str, raw: dict[str, Any], *, seed: int) -> Tensor:
    """Put the photograph, its damaged forms and the last one's mask side by side, (3, 160, W)."""
    top, left = _CROPS[photograph]
    whole = torch.from_numpy(getattr(data, photograph)().copy()).permute(2, 0, 1).float() / 255
    gt = whole[None, :, top : top + _SIDE, left : left + _SIDE]
    part = parts.build("degradations", parts.configure("degradations", raw))
    given = part(gt.expand(_DRAWS, -1, -1, -1), Draws(seeds_for(seed, torch.arange(_DRAWS))))
    distinct = given.image if given.drawn else given.image[:1]
    damaged = F.interpolate(distinct, (_SIDE, _SIDE), mode="nearest-exact")
    masks = [] if given.mask is None else [given.mask[-1].expand(3, -1, -1)]
    return torch.cat([gt[0], *damaged.clamp(0, 1), *masks], dim=-1)


if __name__ == "__main__":
    main()
