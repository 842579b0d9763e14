"""What the tests share: fixed seeds, one thread, a few real pictures, the smallest recipe."""

import pytest
import skimage.data
import torch

from components import dataset, parts
from components.config import DataParams
from components.pictures import images
from components.pictures.images import Picture
from components.store import Store, Workplace

# split -> photograph of scikit-image -> top, left, height, width of a crop full of detail; one is grey.
CROPS = {
    "train": {
        "astronaut": (40, 170, 128, 128),
        "coffee": (150, 120, 112, 128),
        "chelsea": (60, 130, 96, 120),
    },
    "validation": {"rocket": (280, 270, 96, 112)},
    "test": {"camera": (90, 180, 97, 114), "immunohistochemistry": (200, 200, 128, 96)},
}


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors gain nothing by more; and a process that a test starts computes as this one."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory):
    """A data folder with train/, validation/ and test/: 6 photographs as PNG. Only read it."""
    folder = tmp_path_factory.mktemp("data")
    for split, crops in CROPS.items():
        (folder / split).mkdir()
        for name, (top, left, height, width) in crops.items():
            photograph = torch.from_numpy(getattr(skimage.data, name)().copy())
            crop = photograph[top : top + height, left : left + width].float() / 255
            pixels = crop.permute(2, 0, 1) if crop.ndim == 3 else crop.unsqueeze(0)
            images.write(folder / split / f"{name}.png", Picture(pixels))
    return folder


@pytest.fixture(scope="session")
def tiny_recipe():
    """KDSR x2 in its smallest size: two trainings take a second."""
    train = {"steps": 6, "batch": 4, "patch": 32, "learning_rate": 1e-3, "validate_every": 3}
    damage = [
        {"name": "gaussian_blur", "width": [0.2, 2.0]},
        {"name": "bicubic_downsample", "scale": 2},
        {"name": "quantise"},
    ]
    return parts.parse(
        "recipes",
        {
            "name": "kdsr",
            "network": {
                "name": "kdsr",
                "scale": 2,
                "channels": 4,
                "num_blocks": 1,
                "num_encoder_blocks": 0,
            },
            "degradation": damage,
            "teacher": train | {"pool": 16},
            "student": train | {"pairs": 8},
            "benchmark": {"protocol": "sr_y", "degradations": {"any width": damage}},
        },
    )


@pytest.fixture
def workplace(tmp_path, tiny_data):
    """The tiny pictures, and a store of one's own."""
    return Workplace(Store(tmp_path / "work"), tiny_data)


@pytest.fixture
def manifest(workplace):
    """Station 1's record of the tiny pictures."""
    params = DataParams(source=parts.parse("sources", {"name": "folder"}))
    return dataset.prepare(params, workplace=workplace).record
