"""Rows of pictures: the window found, the pixels kept, the sizes bound."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from components.errors import PairError
from components.reporting.pictures import OVERVIEW_SIDE, Window, hardest_window, strip


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def decode(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition("base64,")[2])))


def test_the_window_lies_where_the_reference_is_farthest_from_the_truth():
    truth = np.full((90, 120, 3), 100, np.uint8)
    restored = truth.copy()
    restored[50:80, 70:100] = 160
    restored[0:30, 0:30] = 130
    assert hardest_window(restored, truth, size=(30, 30)) == Window(50, 70, 30, 30)


def test_a_dark_error_counts_as_much_as_a_bright_one():
    truth = np.full((30, 30, 3), 100, np.uint8)
    restored = truth.copy()
    restored[20:30, 0:10] = 0
    restored[0:10, 20:30] = 180
    assert hardest_window(restored, truth, size=(10, 10)) == Window(20, 0, 10, 10)


def test_equal_pictures_give_the_window_at_the_top_left():
    truth = np.zeros((30, 40, 3), np.uint8)
    assert hardest_window(truth, truth, size=(10, 8)) == Window(0, 0, 10, 8)


def test_without_a_reference_the_window_shows_detail():
    truth = np.full((60, 60, 3), 120, np.uint8)
    truth[40:60, 5:25] = noise(20, 20)
    window = hardest_window(None, truth, size=(20, 20))
    assert abs(window.top - 40) <= 1
    assert abs(window.left - 5) <= 1


def test_the_window_keeps_every_pixel():
    truth, restored = noise(90, 60, 1), noise(90, 60, 2)
    row = strip({"bicubic": restored, "truth": truth}, reference="bicubic", pixels=900)
    window = row.window
    assert (window.height, window.width) == (30, 30)
    for view, picture in zip(row.views, (restored, truth), strict=True):
        shown = np.asarray(decode(view.uri))
        part = picture[window.top : window.top + 30, window.left : window.left + 30]
        assert np.array_equal(shown, part)


def test_a_picture_that_fits_is_shown_whole():
    row = strip({"truth": noise(48, 40)}, reference="bicubic", pixels=48 * 40)
    assert row.is_whole
    assert (row.window.top, row.window.left) == (0, 0)


@pytest.mark.parametrize(
    ("height", "width", "window"), [(10, 400, (10, 90)), (400, 10, (90, 10)), (400, 300, (30, 30))]
)
def test_the_window_is_as_square_as_the_picture_lets_it_be(height: int, width: int, window: tuple):
    row = strip({"truth": noise(height, width)}, reference="bicubic", pixels=900)
    assert (row.window.height, row.window.width) == window


def test_the_overview_is_the_whole_truth_reduced():
    row = strip({"truth": noise(678, 1020)}, reference="bicubic", pixels=900)
    overview = decode(row.overview)
    assert overview.format == "JPEG"
    assert overview.size == (OVERVIEW_SIDE, round(OVERVIEW_SIDE * 678 / 1020))


def test_the_outline_is_the_window_in_parts_of_the_picture():
    truth = np.full((60, 120, 3), 10, np.uint8)
    restored = truth.copy()
    restored[20:40, 30:50] = 90
    row = strip({"bicubic": restored, "truth": truth}, reference="bicubic", pixels=400)
    assert row.outline == "left:25.00%;top:33.33%;width:16.67%;height:33.33%"


def test_one_pixel_is_a_picture():
    row = strip({"truth": noise(1, 1)}, reference="bicubic", pixels=1)
    assert row.window == Window(top=0, left=0, height=1, width=1)


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        ({"student": noise(9, 9)}, r"needs 'truth' \(there are: student\)"),
        ({"student": noise(9, 8), "truth": noise(9, 9)}, r"'student' is \(9, 8, 3\) uint8"),
        ({"student": noise(9, 9) / 255, "truth": noise(9, 9)}, r"'student' is .* float64"),
    ],
)
def test_pictures_that_do_not_match_are_refused(pictures: dict[str, np.ndarray], message: str):
    with pytest.raises(PairError, match=message):
        strip(pictures, reference="bicubic", pixels=100)
