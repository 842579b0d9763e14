import pandas as pd
import pytest
from scipy import stats

from components.ablation import arms, effects


def table(values):
    """Variant -> one list of rows a seed."""
    rows = [
        {"seed": seed, "variant": variant, "image": str(n), "slice": "s", "psnr_db": value}
        for variant, seeds in values.items()
        for seed, numbers in enumerate(seeds)
        for n, value in enumerate(numbers)
    ]
    return pd.DataFrame(rows)


def test_the_first_variant_is_the_control():
    control, other = effects(table({"b": [[20, 22]], "a": [[21, 25]]}), "psnr_db")
    assert (control.label, control.mean, control.gain, control.interval) == ("b", 21, 0, None)
    assert (other.label, other.mean, other.gain, other.wins) == ("a", 23, 2, 1)


def test_differences_are_paired_by_seed():
    # The seeds differ by 10 dB, the variants by 1.0, 1.2 and 0.8 at each.
    found = effects(table({"a": [[20], [30], [40]], "b": [[21], [31.2], [40.8]]}), "psnr_db")[1]
    half = stats.t.ppf(0.975, 2) * 0.2 / 3**0.5
    assert found.gain == pytest.approx(1)
    assert found.interval == pytest.approx((1 - half, 1 + half))
    assert (found.seeds, found.wins, found.certain) == (3, 3, True)


def test_an_interval_that_holds_zero_is_not_certain():
    assert not effects(table({"a": [[20], [20]], "b": [[21], [19]]}), "psnr_db")[1].certain


def test_one_seed_gives_no_interval():
    found = effects(table({"a": [[20]], "b": [[21]]}), "psnr_db")[1]
    assert found.interval is None
    assert not found.certain


def test_a_variant_is_laid_over_the_recipes_own_block(tiny_recipe):
    control, taught = arms(tiny_recipe)
    assert not control.variant.taught
    assert taught.params == control.params == tiny_recipe
