"""Rain100: both forms, and the releases that are to be told apart."""

from tests import miniatures
from tests.miniatures import pairs, put, source


def test_rain_pairs_with_norain_also_from_a_folder_of_its_own(tmp_path):
    miniatures.rain100(tmp_path, "H")
    assert pairs(source("rain100", set="H").survey(tmp_path), tmp_path) == [
        ("Rain100H/norain-001.png", "Rain100H/rainy/rain-001.png", "test"),
        ("RainTrainH/norain-1.png", "RainTrainH/rain-1.png", "train"),
        ("RainTrainH/norain-10.png", "RainTrainH/rain-10.png", "train"),
        ("RainTrainH/norain-2.png", "RainTrainH/rain-2.png", "train"),
    ]


def test_airnets_form_has_equal_names(tmp_path):
    put(tmp_path, "test/input/1.png", "test/target/1.png")
    put(tmp_path, "train/rain-1.png", "train/norain-1.png")
    found = pairs(source("rain100", set="L").survey(tmp_path), tmp_path)
    assert found == [
        ("test/target/1.png", "test/input/1.png", "test"),
        ("train/norain-1.png", "train/rain-1.png", "train"),
    ]


def test_the_data_folder_may_be_the_test_itself(tmp_path):
    put(tmp_path, "input/1.png", "target/1.png", "rain-002.png", "norain-002.png")
    assert pairs(source("rain100", set="H").survey(tmp_path), tmp_path) == [
        ("norain-002.png", "rain-002.png", "test"),
        ("target/1.png", "input/1.png", "test"),
    ]


def test_heavy_rain_for_light_is_a_fault(tmp_path):
    miniatures.rain100(tmp_path, "H")
    survey = source("rain100", set="L").survey(tmp_path)
    assert survey.found == ()
    assert len(survey.faults) == 8


def test_the_overlap_with_the_test_is_named_with_the_counts():
    clean, whole = source("rain100", set="H").expected()
    assert whole.counts["train"] - clean.counts["train"] == 546
    assert "replacement" in whole.note
