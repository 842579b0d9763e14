"""From words to suites: names, folders by their look, and words that contradict."""

import numpy as np
import pytest
from PIL import Image

from components import parts
from components.benchmarking.asked import Wanted, ask, named_suite
from components.config import SuiteParams
from components.errors import ConfigError, DatasetError, PartError, ProtocolError

SUITES = {
    "set1": SuiteParams.model_validate(
        {
            "folder": "Set1",
            "pictures": 1,
            "source": {"name": "paired_sr", "scale": 4},
            "protocol": "sr_y",
            "scale": 4,
            "references": ["bicubic"],
            "degradations": {"plain": {"name": "bicubic_downsample", "scale": 4}},
        }
    )
}


NOISY = ({"name": "bicubic_downsample"}, {"name": "gaussian_noise", "level": 20})


def shrink():
    return parts.configure("degradations", {"name": "bicubic_downsample", "scale": 4})


def chain(*steps):
    return parts.configure("degradations", {"name": "chain", "steps": list(steps)})


def draw(file, height=24, width=24):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(file)


@pytest.fixture
def root(tmp_path):
    draw(tmp_path / "Set1/HR/a.png")
    return tmp_path


def asked(root, suite, **words):
    return ask(Wanted(suite, **words), suites=SUITES, root=root)


def test_a_name_of_the_parameter_file_is_a_suite_with_its_references(root):
    question = asked(root, "set1")
    assert [case.slice for case in question.suite.cases] == ["plain"]
    assert question.suite.expected == 1
    assert [(entry.label, entry.network.scale) for entry in question.references] == [("bicubic", 4)]


def test_a_suite_can_be_measured_by_another_protocol(root):
    assert asked(root, "set1", protocol="sr_rgb").suite.protocol_id == "sr_rgb:x4:crop10"
    with pytest.raises(ProtocolError, match="protocol ffa: the scale must be 1"):
        asked(root, "set1", protocol="ffa")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"scale": 2}, "suite 'set1' has scale 4, asked for is 2"),
        ({"make_lq": True}, "--source and --make-lq are for folders"),
        ({"source": "paired_sr"}, "--source and --make-lq are for folders"),
    ],
)
def test_words_that_contradict_a_suite_are_refused(root, words, reason):
    with pytest.raises(ProtocolError, match=reason):
        asked(root, "set1", **words)


def test_a_set_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"Set1 is not there; it must hold 1 test pictures"):
        asked(tmp_path, "set1")


def test_neither_suite_nor_folder_is_refused_with_the_nearest(root):
    with pytest.raises(ConfigError, match=r"sett1: is no folder, .* set1\); did you mean 'set1'\?"):
        asked(root, "sett1")


def test_a_folder_of_high_resolution_is_taken_for_what_it_is(root):
    draw(root / "Set1/LRbicx4/a.png", 6, 6)
    suite = asked(root, str(root / "Set1")).suite
    assert (suite.protocol_id, suite.expected) == ("sr_y:x4:crop4", None)
    assert suite.cases[0].lq == root / "Set1/LRbicx4/a.png"


def test_any_folder_serves_when_its_degraded_pictures_are_made(tmp_path):
    draw(tmp_path / "b.png")
    suite = asked(tmp_path, str(tmp_path), make_lq=True, scale=2).suite
    assert [(case.image, case.slice) for case in suite.cases] == [("b.png", "bicubic")]
    assert suite.protocol_id == "sr_y:x2:crop2"


@pytest.mark.parametrize(("gt", "lq"), [("target", "input"), ("gt", "lq")])
def test_two_folders_of_pairs_are_taken_whole(tmp_path, gt, lq):
    for folder in (gt, lq):
        for number in range(3):
            draw(tmp_path / folder / f"{number}.png")
    suite = asked(tmp_path, str(tmp_path), protocol="derain_y_matlab").suite
    assert suite.scale == 1
    assert [case.image for case in suite.cases] == ["0.png", "1.png", "2.png"]
    assert suite.cases[2].lq == tmp_path / lq / "2.png"


def test_clean_pictures_alone_are_no_suite(tmp_path):
    draw(tmp_path / "b.png")
    with pytest.raises(ProtocolError, match="1 of 1 pictures have no degraded mate"):
        asked(tmp_path, str(tmp_path))


def test_shrinking_by_one_is_refused(tmp_path):
    draw(tmp_path / "b.png")
    with pytest.raises(ProtocolError, match="shrinks by the scale, which is 1 here"):
        asked(tmp_path, str(tmp_path), protocol="ffa", make_lq=True)


@pytest.mark.parametrize("words", [{"protocol": "sr_x"}, {"source": "paired_rs"}])
def test_a_part_that_is_not_there_is_refused(tmp_path, words):
    draw(tmp_path / "b.png")
    with pytest.raises(PartError, match=r"no part '\w+' in .*; did you mean"):
        asked(tmp_path, str(tmp_path), **words)


def test_half_precision_is_asked_for_and_refused_before_anything_is_measured(root):
    assert asked(root, "set1", half=True).suite.protocol_id == "sr_y:x4:crop4:half"
    draw(root / "pairs/gt/a.png")
    draw(root / "pairs/lq/a.png")
    with pytest.raises(ProtocolError, match="compares unrounded values"):
        asked(root, str(root / "pairs"), protocol="ffa", half=True)


# --- suites of the parameter file


def described(**changes):
    block = {
        "folder": "Set2",
        "pictures": 2,
        "source": {"name": "paired_sr", "scale": 4},
        "protocol": "sr_y",
        "scale": 4,
        "degradations": {"plain": shrink(), "noisy": chain(*NOISY)},
        "origin": "https://example.org/set2",
    }
    return SuiteParams.model_validate(block | changes)


def test_a_named_suite_is_every_picture_under_every_damage(tmp_path):
    for name in ("a.png", "b.png"):
        draw(tmp_path / "Set2/HR" / name, 24, 24)
    suite = named_suite("set2", described(), tmp_path)
    assert [(case.image, case.slice) for case in suite.cases] == [
        ("a.png", "plain"),
        ("b.png", "plain"),
        ("a.png", "noisy"),
        ("b.png", "noisy"),
    ]
    assert (suite.scale, suite.protocol, suite.expected) == (4, "sr_y", 4)


def test_a_named_suite_measures_the_metrics_that_it_names(tmp_path):
    draw(tmp_path / "Set2/HR/a.png", 24, 24)
    suite = named_suite("set2", described(metrics=["gmsd"]), tmp_path)
    assert list(suite.metrics) == ["psnr_db", "ssim", "gmsd"]


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"]])
def test_a_missing_or_extra_picture_changes_what_is_there_and_not_what_is_expected(tmp_path, names):
    for name in names:
        draw(tmp_path / f"Set2/HR/{name}.png", 24, 24)
    suite = named_suite("set2", described(), tmp_path)
    assert (len(suite.cases), suite.expected) == (2 * len(names), 4)


def test_a_set_that_is_not_there_is_told_where_to_be_had_and_how_to_lie(tmp_path):
    with pytest.raises(DatasetError) as caught:
        named_suite("set2", described(), tmp_path)
    text = str(caught.value)
    assert f"suite 'set2': {tmp_path / 'Set2'} is not there; it must hold 2 test pictures" in text
    assert "source {name: paired_sr, scale: 4}" in text
    assert "    HR/baby.png          or GTmod12/baby.png" in text
    assert "get it from https://example.org/set2" in text
    assert "RESTILL_DATASETS or --data-root" in text


def test_a_damage_of_another_scale_or_a_protocol_without_scale_is_refused():
    with pytest.raises(ValueError, match="suite's scale, 2; not so are plain: 4, noisy: 4"):
        described(scale=2)
    with pytest.raises(ValueError, match="protocol ffa: the scale must be 1, .*; got 4"):
        described(protocol="ffa")


def test_a_reference_that_needs_training_is_refused():
    with pytest.raises(ValueError, match="without weights of its own"):
        described(references=["kdsr"])
