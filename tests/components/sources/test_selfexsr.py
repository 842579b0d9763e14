"""SelfExSR's form: both pictures of a pair in one folder."""

import pytest

from tests import miniatures
from tests.miniatures import pairs, put, source


@pytest.mark.parametrize("scale", [2, 4])
def test_high_and_low_pair_at_one_scale(tmp_path, scale):
    miniatures.selfexsr(tmp_path)
    found = pairs(source("selfexsr", set="Set5", scale=scale).survey(tmp_path), tmp_path)
    top = f"image_SRF_{scale}/img_00{{}}_SRF_{scale}_"
    assert found == [(f"{top.format(n)}HR.png", f"{top.format(n)}LR.png", "test") for n in "12"]


def test_the_folder_of_a_scale_may_be_the_data_folder(tmp_path):
    put(tmp_path, "img_001_SRF_4_HR.png", "img_001_SRF_4_SelfExSR.png")
    put(tmp_path, "img_001_SRF_4_LR.png", size=miniatures.smaller(4))
    found = pairs(source("selfexsr", set="Urban100").survey(tmp_path), tmp_path)
    assert found == [("img_001_SRF_4_HR.png", "img_001_SRF_4_LR.png", "test")]
