"""The divergence against numbers worked by hand, its symmetries, and where its gradient goes."""

import math

import pytest
import torch

from components.losses.softmax_kl import loss


def codes(seed: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(4, 16, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_equal_codes_cost_nothing():
    assert loss(codes(0), codes(0)).item() == 0


def test_the_cost_is_the_sum_over_entries_averaged_over_samples():
    # At temperature 0.15, 0.15 * log(p) is a code of the distribution p.
    teacher = 0.15 * torch.tensor([[0.25, 0.75], [0.5, 0.5]]).log()
    student = 0.15 * torch.tensor([[0.5, 0.5], [0.1, 0.9]]).log()
    first = 0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)
    second = 0.5 * math.log(0.5 / 0.1) + 0.5 * math.log(0.5 / 0.9)
    assert loss(student, teacher).item() == pytest.approx((first + second) / 2, rel=1e-5)


def test_the_teacher_is_the_reference_of_the_divergence():
    assert loss(codes(0), codes(1)).item() != pytest.approx(loss(codes(1), codes(0)).item())


def test_no_factor_undoes_the_temperature():
    scaled = loss(2 * codes(0), 2 * codes(1), temperature=0.3)
    torch.testing.assert_close(scaled, loss(codes(0), codes(1), temperature=0.15))


def test_a_constant_added_to_a_sample_changes_nothing():
    shift = torch.tensor([[-3.0], [0.5], [2.0], [7.0]], dtype=torch.float64)
    expected = loss(codes(0), codes(1))
    torch.testing.assert_close(loss(codes(0) + shift, codes(1)), expected)
    torch.testing.assert_close(loss(codes(0), codes(1) + shift), expected)


def test_the_gradient_reaches_the_student_alone():
    student, teacher = codes(0).requires_grad_(), codes(1).requires_grad_()
    loss(student, teacher).backward()
    assert teacher.grad is None
    # d KL / d student = (softmax(student / t) - softmax(teacher / t)) / (t * B)
    expected = (torch.softmax(student / 0.15, 1) - torch.softmax(teacher / 0.15, 1)) / (0.15 * 4)
    torch.testing.assert_close(student.grad, expected.detach())


def test_far_apart_codes_stay_finite():
    student, teacher = torch.tensor([[300.0, 0.0]]), torch.tensor([[0.0, 300.0]])
    assert loss(student, teacher).item() == pytest.approx(300 / 0.15)
