"""Dead leaves: the same everywhere, with the shapes and sizes that the model asks for."""

import hashlib

import numpy as np
import pytest
from numpy.random import PCG64

from components.pictures.dead_leaves import _between, _Leaf, _noise, _scatter, _stack, dead_leaves

GREY = np.repeat(np.arange(0, 256, 5, dtype=np.uint8)[:, None], 3, axis=1)


def _leaf(radius: int, *, m=1, n=1, turn=(1, 0, 1), box=False, reach=None) -> _Leaf:
    a, b, c = turn
    limit = m * n * c * c * radius**2
    return _Leaf(40, 40, reach or 2 * radius, m * a, m * b, n * a, n * b, limit, box)


def _covered(*leaves: _Leaf, side: int = 81) -> np.ndarray:
    """Stack leaves on a ground that is leaf 0."""
    ground = _Leaf(0, 0, 0, 1, 0, 1, 0, -1, 0)
    return _stack(np.array([ground, *leaves]), side)


def test_the_same_number_gives_the_same_bytes_on_every_machine():
    picture = dead_leaves(7, palette=GREY, pixels=96)
    assert picture.shape == (96, 96, 3)
    assert picture.dtype == np.uint8
    assert hashlib.sha256(picture.tobytes()).hexdigest() == (
        "b2137d5ab3427a0a74ad7e212cfe0feb868ffff2df6ebc410eb8f6ac5d4e4364"
    )


def test_two_numbers_give_two_pictures():
    one, other = (dead_leaves(number, palette=GREY, pixels=64) for number in (0, 1))
    assert (one != other).mean() > 0.9


def test_colours_stay_within_the_palette_when_it_is_grey():
    picture = dead_leaves(3, palette=GREY, pixels=64).astype(int)
    assert (picture == picture[..., :1]).all()


def test_a_disc_of_radius_10_covers_317_samples():
    """Gauss's circle problem: 317 lattice points lie within 10 of the origin (OEIS A000328)."""
    assert (_covered(_leaf(10)) == 1).sum() == 317


def test_a_disc_does_not_change_when_it_is_turned():
    assert (_covered(_leaf(10, turn=(4, 3, 5))) == 1).sum() == 317


def test_a_box_of_half_side_7_covers_225_samples():
    assert (_covered(_leaf(7, box=True)) == 1).sum() == 225


def test_a_stretched_leaf_is_longer_along_its_first_axis():
    """Axes 10 * sqrt(4) and 10 / sqrt(4): 20 along x, 5 along y."""
    rows, columns = np.nonzero(_covered(_leaf(10, m=1, n=4)))
    assert (np.ptp(columns), np.ptp(rows)) == (40, 10)


def test_a_quarter_turn_lies_along_the_other_axis():
    across = _covered(_leaf(10, m=1, n=4, turn=(0, 1, 1)))
    assert (across == _covered(_leaf(10, m=1, n=4)).T).all()


def test_a_later_leaf_lies_on_an_earlier_one():
    top = _covered(_leaf(20), _leaf(5))
    assert top[40, 40] == 2
    assert top[40, 50] == 1
    assert top[40, 70] == 0


def test_a_leaf_half_outside_the_picture_is_cut_off():
    left = _leaf(10)._replace(x=0)
    assert (_covered(left) == 1).sum() == (317 + 21) // 2


def test_no_leaf_is_larger_than_its_reach():
    rows = _scatter(PCG64(0), side=160)
    for row in rows[:: len(rows) // 40].tolist():
        leaf = _Leaf(*row)._replace(x=80, y=80)
        wider = leaf._replace(reach=leaf.reach + 50)
        assert (_covered(leaf, side=160) == _covered(wider, side=160)).all()


@pytest.mark.parametrize("times", [2, 10])
def test_radii_have_density_r_to_the_minus_3(times):
    """P(radius > t * smallest) = (t^-2 - 40^-2) / (1 - 40^-2), 40 being largest over smallest."""
    rows = _scatter(PCG64(0), side=8000)
    within = (rows[:, :2] >= 0).all(axis=1) & (rows[:, :2] < 8000).all(axis=1)
    ma, mb, na, nb, limit = rows[within & (rows[:, 8] == 0), 3:8].T  # ellipses
    radius = np.sqrt(limit / np.sqrt((ma**2 + mb**2) * (na**2 + nb**2)))
    expected = (times**-2 - 40**-2) / (1 - 40**-2)
    assert (radius > 8 * times).mean() == pytest.approx(expected, rel=0.1)
    assert radius.min() >= 8
    assert radius.max() <= 320


def test_noise_is_straight_between_its_values_and_repeats():
    assert _between(np.array([[0, 10]]), 5).tolist() == [[0, 10, 20, 30, 40, 50, 40, 30, 20, 10]]


def test_noise_stays_within_its_range():
    noise = _noise(PCG64(0), 8)
    assert noise.shape == (512, 512)
    assert noise.min() >= -128
    assert noise.max() <= 127


def test_gradients_are_those_of_photographs():
    """Central 256 x 256 of the embedded photographs: mean |dx| 3.0 to 16.7, kurtosis 6.6 to 55."""
    picture = dead_leaves(0, palette=GREY)[..., 0].astype(float)
    dx = np.diff(picture, axis=1).ravel()
    kurtosis = ((dx - dx.mean()) ** 4).mean() / dx.var() ** 2
    assert 3 < np.abs(dx).mean() < 17
    assert 6 < kurtosis < 55
