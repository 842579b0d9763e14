"""Photographs, what happens to them on their way from set to set, and sources for folders of them."""

import io

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image

from components import parts
from components.inspection import thumbnails
from components.inspection.check import PictureSet
from components.pictures.images import Picture

NAMES = ("astronaut", "coffee", "chelsea", "rocket", "camera", "immunohistochemistry")


@pytest.fixture(scope="session")
def photographs():
    """24 pictures: the quarters of six photographs, which share nothing."""
    quarters = {}
    for name in NAMES:
        whole = getattr(skimage.data, name)()
        rows, columns = whole.shape[0] // 2, whole.shape[1] // 2
        for number in range(4):
            top, left = rows * (number // 2), columns * (number % 2)
            quarter = whole[top : top + rows, left : left + columns]
            quarters[f"{name}_{number}"] = Image.fromarray(quarter)
    return quarters


def cropped(image, left, top, right, bottom):
    """Cut off so many pixels at each side."""
    return image.crop((left, top, image.width - right, image.height - bottom))


def as_jpeg(image, quality):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream)


def halved(image):
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)


CHANGES = {
    "cropped by a pixel": lambda image: cropped(image, 1, 1, 0, 0),
    "cropped by a few pixels": lambda image: cropped(image, 3, 5, 2, 0),
    "cropped by a tenth": lambda image: cropped(image, image.width // 10, 0, 0, image.height // 10),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "saved at quality 30": lambda image: as_jpeg(image, 30),
    "halved": halved,
    "brightened": lambda image: image.point(lambda level: round(0.8 * level + 30)),
    "all of it": lambda image: as_jpeg(
        halved(cropped(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 4, 0, 3, 6)), 40
    ),
}


@pytest.fixture(params=CHANGES)
def change(request):
    return CHANGES[request.param]


@pytest.fixture(scope="session")
def reduced():
    """Reduce a picture to its thumbnail, without a file."""

    def reduce(image):
        pixels = torch.from_numpy(np.atleast_3d(np.asarray(image)).copy()).permute(2, 0, 1)
        return thumbnails.reduce(Picture(pixels.float() / 255))

    return reduce


@pytest.fixture
def put(tmp_path):
    """Write a picture, or bytes, into a folder."""

    def write(name, content):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            content.save(file)
        return file

    return write


@pytest.fixture
def picture_set():
    """A folder with a source, by the source's name and parameters."""

    def make(folder, name="folder", **values):
        params = parts.configure("sources", {"name": name} | values)
        return PictureSet(folder, parts.build("sources", params))

    return make


@pytest.fixture(scope="session")
def noise():
    """Pixels of white noise around a grey, (H, W) float, by standard deviation in levels."""

    def make(level, shape=(256, 256)):
        return 128 + level * np.random.default_rng(0).standard_normal(shape)

    return make
