"""Random numbers by counting: the published generator, and numbers that belong to their sample."""

import hashlib
import math

import pytest
import torch
from scipy import stats

from components.draws import Draws, mix, named_seed, seeds_for

MANY = 200_000
# Four standard deviations of the mean of MANY numbers of deviation 1; the seeds are fixed, so this
# either holds for good or never.
FOUR_SIGMA = 4 / math.sqrt(MANY)


def draws(count: int = 1, *, seed: int = 0) -> Draws:
    return Draws(seeds_for(seed, torch.arange(count)))


def test_the_hash_is_splitmix64():
    # The first outputs for the seed 1234567, as many implementations of the generator list them.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    gamma = 0x9E3779B97F4A7C15
    states = [(1234567 + n * gamma) % 2**64 for n in range(1, 5)]
    signed = torch.tensor([state - 2**64 * (state >= 2**63) for state in states])
    assert [number % 2**64 for number in mix(signed).tolist()] == published


@pytest.mark.parametrize("per_call", [(), (3,), (2, 5)])
def test_a_sample_has_its_numbers_in_any_company_and_order(per_call):
    seeds = seeds_for(7, torch.arange(9))
    together, alone, shuffled = Draws(seeds), Draws(seeds[4:5]), Draws(seeds[[8, 4, 0]])
    for _ in range(3):
        for name in ("uniform", "normal"):
            bounds = (-1, 2) if name == "uniform" else ()
            all_nine = getattr(together, name)(*bounds, per_call)
            assert all_nine.shape == (9, *per_call)
            assert all_nine.dtype == torch.float32
            assert torch.equal(all_nine[4:5], getattr(alone, name)(*bounds, per_call))
            assert torch.equal(all_nine[[8, 4, 0]], getattr(shuffled, name)(*bounds, per_call))


def test_uniform_numbers_fill_their_interval_evenly():
    numbers = draws().uniform(2, 5, (MANY,)).double().flatten()
    assert numbers.min() >= 2
    assert numbers.max() <= 5
    assert stats.kstest(numbers.numpy(), "uniform", (2, 3)).pvalue > 0.01
    assert abs(numbers.mean() - 3.5) < FOUR_SIGMA * 3 / math.sqrt(12)
    assert numbers.var() == pytest.approx(9 / 12, rel=0.01)


class Extreme(Draws):
    """Draws the same bits for ever."""

    def __init__(self, bits: int) -> None:
        super().__init__(torch.zeros(1))
        self.bits = bits

    def _bits(self, shape, _):
        return torch.full((1, *shape), self.bits)


def test_the_most_extreme_bits_stay_in_range_and_finite():
    zeros, ones = Extreme(0), Extreme(-1)
    assert zeros.uniform(0, 1).item() == 0
    assert ones.uniform(0, 1).item() == 1 - 2**-24
    assert zeros.normal().item() == 0
    assert ones.normal().item() == pytest.approx(math.sqrt(48 * math.log(2)))  # 5.77


def test_equal_bounds_give_a_constant():
    assert draws(3).uniform(0.3, 0.3).tolist() == pytest.approx([0.3] * 3)


def test_normal_numbers_have_the_moments_and_tails_of_the_normal_law():
    numbers = draws().normal((MANY,)).double().flatten()
    assert stats.kstest(numbers.numpy(), "norm").pvalue > 0.01
    assert abs(numbers.mean()) < FOUR_SIGMA
    assert numbers.var() == pytest.approx(1, abs=FOUR_SIGMA * math.sqrt(2))
    assert stats.skew(numbers.numpy()) == pytest.approx(0, abs=FOUR_SIGMA * math.sqrt(6))
    assert stats.kurtosis(numbers.numpy()) == pytest.approx(0, abs=FOUR_SIGMA * math.sqrt(24))
    for bound in (1, 2, 3, 4):
        expected = math.erfc(bound / math.sqrt(2)) * MANY
        beyond = (numbers.abs() > bound).sum().item()
        assert abs(beyond - expected) < 4 * math.sqrt(expected)
    assert numbers.abs().max() < 5.8


def correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    return torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].item()


def test_neighbouring_samples_draws_positions_and_runs_have_nothing_in_common():
    source = draws(2)
    first, second = source.uniform(0, 1, (MANY,)), source.uniform(0, 1, (MANY,))
    other_run = draws(2, seed=1).uniform(0, 1, (MANY,))
    pairs = [
        (first[0], first[1]),
        (first[0], second[0]),
        (first[0, 1:], second[0, :-1]),
        (first[0, :-1], first[0, 1:]),
        (first[0], second[1]),
        (first[0], other_run[0]),
    ]
    assert all(abs(correlation(*pair)) < FOUR_SIGMA for pair in pairs)


def test_seeds_that_are_one_step_of_the_generator_apart_have_nothing_in_common():
    step = 0x9E3779B97F4A7C15 - 2**64
    source = Draws(torch.tensor([0, step]))
    first, second = source.uniform(0, 1, (MANY,)), source.uniform(0, 1, (MANY,))
    pairs = [(first[0], first[1]), (second[0], first[1]), (first[0, 1:], first[1, :-1])]
    assert all(abs(correlation(*pair)) < FOUR_SIGMA for pair in pairs)


def test_first_numbers_of_consecutive_samples_are_uniform():
    numbers = draws(MANY).uniform(0, 1).double()
    assert stats.kstest(numbers.numpy(), "uniform").pvalue > 0.01
    assert abs(correlation(numbers[:-1], numbers[1:])) < FOUR_SIGMA


def test_per_batch_gives_everyone_the_first_samples_numbers():
    seeds = seeds_for(0, torch.arange(5))
    shared = Draws(seeds).uniform(0, 1, (2,), per="batch")
    assert torch.equal(shared, Draws(seeds[:1]).uniform(0, 1, (2,)).expand(5, 2))


def test_sharing_one_draw_leaves_the_next_ones_apart():
    source = draws(4)
    source.uniform(0, 1, per="batch")
    assert len(set(source.uniform(0, 1).tolist())) == 4


def test_seeds_belong_to_run_and_number_alone():
    numbers = torch.arange(10_000)
    runs = [seeds_for(run, numbers) for run in (0, 1, 2**62, -5)]
    assert torch.equal(runs[0][700:710], seeds_for(0, numbers[700:710]))
    assert torch.cat(runs).unique().numel() == 40_000


def test_a_seed_of_more_than_63_bits_is_wrapped():
    numbers = torch.arange(3)
    assert torch.equal(seeds_for(2**64 + 5, numbers), seeds_for(5, numbers))


def test_every_purpose_and_run_has_a_seed_of_its_own():
    seeds = [named_seed(run, name) for run in range(3) for name in ("patches", "pairs", "weights")]
    assert len(set(seeds)) == 9
    # The first seven bytes of a digest, read here from its hexadecimal form.
    digest = hashlib.sha256(b"2/weights").hexdigest()
    assert named_seed(2, "weights") == int(digest[:14], 16)


@pytest.mark.parametrize("shape", [(7,), (2, 3), (1,)])
def test_fields_of_noise_belong_to_their_sample(shape):
    seeds = seeds_for(7, torch.arange(9))
    together, alone = Draws(seeds), Draws(seeds[4:5])
    for name in ("noise", "whole", "noise"):
        fields = getattr(together, name)(shape)
        assert fields.shape == (9, *shape)
        assert torch.equal(fields[4:5], getattr(alone, name)(shape))


def test_noise_follows_the_normal_law_in_both_of_its_halves():
    numbers = draws().noise((MANY,)).double().flatten()
    assert stats.kstest(numbers.numpy(), "norm").pvalue > 0.01
    assert abs(numbers.mean()) < FOUR_SIGMA
    assert numbers.var() == pytest.approx(1, abs=FOUR_SIGMA * math.sqrt(2))
    assert numbers.abs().max() < 5.8
    first, second = numbers.view(2, -1)
    four_sigma = FOUR_SIGMA * math.sqrt(2)
    assert abs(correlation(first, second)) < four_sigma
    assert abs(correlation(first.square(), second.square())) < four_sigma


def test_whole_numbers_fill_24_bits_evenly():
    numbers = draws().whole((MANY,)).flatten()
    assert numbers.dtype == torch.int32
    assert numbers.min() >= 0
    assert numbers.max() < 2**24
    assert stats.kstest(numbers.double().numpy() / 2**24, "uniform").pvalue > 0.01
    first, second = numbers.double().view(2, -1)
    assert abs(correlation(first, second)) < FOUR_SIGMA * math.sqrt(2)


def test_things_are_chosen_as_often_as_their_shares_say():
    chosen = draws(MANY).choice([2.0, 0.0, 5.0, 1.0])
    found = torch.bincount(chosen, minlength=4).tolist()
    assert found[1] == 0
    expected = [MANY * share / 8 for share in (2, 5, 1)]
    assert stats.chisquare([found[0], *found[2:]], expected).pvalue > 0.01
    assert draws(100).choice([0.0, 0.0, 3.0]).unique().tolist() == [2]


def test_a_branch_costs_one_draw_and_serves_any_of_the_samples():
    one, other = draws(6), draws(6)
    branch = one.branch()
    branch.uniform(0, 1, (100,))
    other.branch()
    assert torch.equal(one.uniform(0, 1), other.uniform(0, 1))
    chosen = Draws(draws(6).branch().seeds[[4, 1]])
    assert torch.equal(chosen.noise((5,)), draws(6).branch().noise((5,))[[4, 1]])
    apart = correlation(draws(MANY).branch().uniform(0, 1), draws(MANY).uniform(0, 1))
    assert abs(apart) < FOUR_SIGMA
