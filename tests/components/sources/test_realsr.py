"""RealSR: two cameras, three scales, and the versions' sizes."""

import pytest

from tests import miniatures
from tests.miniatures import faults, pairs, source


@pytest.mark.parametrize("scale", [2, 4])
def test_one_scale_of_both_cameras_is_read(tmp_path, scale):
    miniatures.realsr(tmp_path)
    found = pairs(source("realsr", scale=scale).survey(tmp_path), tmp_path)
    top = f"Canon/Test/{scale}/Canon_003"
    assert found[0] == (f"{top}_HR.png", f"{top}_LR{scale}.png", "test")
    assert [split for _, _, split in found] == ["test", "train", "train"] * 2


@pytest.mark.parametrize("version", [1, 2])
def test_older_versions_have_pairs_of_one_size(tmp_path, version):
    miniatures.realsr(tmp_path / "RealSR(V2)", version=version)
    assert len(pairs(source("realsr", version=version).survey(tmp_path), tmp_path)) == 6


def test_the_wrong_version_is_found_by_the_sizes(tmp_path):
    miniatures.realsr(tmp_path, version=1)
    survey = source("realsr", version=3).survey(tmp_path)
    assert len(survey.faults) == 6
    assert "at scale 4 the mate must be 24x16" in faults(survey, tmp_path)[0][1]


def test_the_known_test_is_that_of_one_scale():
    assert source("realsr").expected()[0].counts == {"test": 100}
    assert source("realsr", version=1).expected()[0].counts == {"test": 30}
