"""The affinity's short form against the N x N matrices that it stands for."""

import pytest
import torch
import torch.nn.functional as F

from components.errors import PairError
from components.losses.affinity import loss


def images(seed, channels=3, side=24, count=2):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, channels, side, side, generator=generator)


def dense(student, teacher, cell, norm):
    """The authors' formula: whole matrices of positions."""
    x = F.avg_pool2d(student.double(), cell).flatten(2)
    ratio = teacher.shape[-1] // student.shape[-1]
    y = F.avg_pool2d(teacher.double(), cell * ratio).flatten(2)
    difference = x.mT @ x - y.mT @ y
    if norm == "official":
        return difference.norm() / difference.shape[-1] ** 2
    return difference.square().mean()


@pytest.mark.parametrize("norm", ["official", "mean"])
@pytest.mark.parametrize(("channels", "ratio"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_the_short_form_has_the_value_and_the_gradient_of_the_matrices(norm, channels, ratio):
    teacher = images(1, channels=channels, side=24 * ratio)
    short = images(0).requires_grad_()
    long = images(0).requires_grad_()
    value = loss(short, teacher, cell=4, norm=norm)
    expected = dense(long, teacher, 4, norm)
    value.backward()
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), rel=1e-4)
    torch.testing.assert_close(short.grad, long.grad, rtol=1e-3, atol=1e-8)


def test_a_close_student_is_told_from_an_equal_one():
    teacher = images(0)
    near = teacher + 1e-4 * images(1)
    assert loss(near, teacher).item() == pytest.approx(
        dense(near, teacher, 4, "mean").item(), rel=1e-3
    )


@pytest.mark.parametrize("norm", ["official", "mean"])
def test_equal_images_have_a_finite_gradient(norm):
    student = images(0).requires_grad_()
    value = loss(student, student.detach().clone(), norm=norm)
    value.backward()
    assert value.item() < 1e-6
    assert student.grad.isfinite().all()


def test_no_gradient_reaches_the_teacher():
    teacher = images(1).requires_grad_()
    loss(images(0).requires_grad_(), teacher).backward()
    assert teacher.grad is None


def test_unit_vectors_make_the_scale_of_the_maps_irrelevant():
    assert loss(images(0), images(1), unit=True).item() == pytest.approx(
        loss(100 * images(0), images(1), unit=True).item(), rel=1e-4
    )
    assert loss(images(0), 100 * images(0), unit=True).item() == pytest.approx(0, abs=1e-6)


def test_single_precision_is_kept_under_autocast():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(images(0), images(1))
    assert value.dtype == torch.float32
    assert value.item() == loss(images(0), images(1)).item()


def test_what_fills_no_cell_is_left_out():
    wide = F.pad(images(0), (0, 3, 0, 3), value=9.0)
    assert loss(wide, F.pad(images(1), (0, 3, 0, 3))).item() == loss(images(0), images(1)).item()


def test_a_teacher_of_another_size_is_refused():
    with pytest.raises(PairError, match="whole multiple of the student's 24x24, got 36x36"):
        loss(images(0), images(1, side=36))


def test_a_grid_without_a_cell_is_refused():
    with pytest.raises(PairError, match="a cell of 32 pixels does not fit into 24x24"):
        loss(images(0), images(1), cell=32)
