"""The table of pictures: what is written is read."""

import pytest

from components.artifacts import Manifest, name_of
from components.datasets.manifest import COLUMNS, FILE, read_rows, write_rows
from components.store import Store, Workplace


@pytest.fixture
def place(tmp_path):
    return Workplace(Store(tmp_path), tmp_path / "data")


def manifest_of(rows, place):
    folder = place.store.root / "dataset" / "0"
    folder.mkdir(parents=True)
    write_rows(folder / FILE, rows)
    return Manifest(
        folder=name_of(folder), data_digest="d", rows_digest="r", counts={}, num_bytes=0
    )


def row(path, split="test", lq=None, *, score=None, scene=""):
    values = (path, split, 10, "0" * 64, 4, 3, False, 8, lq, score, scene)
    values += (120.0, 40.0, 300.0, None, 12.0, None)
    return dict(zip(COLUMNS, values, strict=True))


@pytest.mark.parametrize("lq", [(None, None), ("lq/a.png", "lq/b.png"), (None, "lq/b.png")])
def test_a_degraded_mate_is_a_path_or_none(place, lq):
    rows = [row("a.png", lq=lq[0]), row("b.png", lq=lq[1])]
    assert tuple(r.lq for r in read_rows(manifest_of(rows, place), "test", place)) == lq


@pytest.mark.parametrize("scores", [(None, None), (1.5, -2.0), (None, 0.0)])
def test_a_score_is_a_number_or_none(place, scores):
    rows = [row("a.png", score=scores[0]), row("a.png", score=scores[1])]
    assert tuple(r.score for r in read_rows(manifest_of(rows, place), "test", place)) == scores


def test_a_scene_is_a_name_or_empty(place):
    rows = [row("a.png", scene="street"), row("b.png")]
    found = read_rows(manifest_of(rows, place), "test", place)
    assert [r.scene for r in found] == ["street", ""]


def test_the_order_of_a_split_is_kept(place):
    rows = [row("b.png"), row("x.png", "train"), row("a.png")]
    manifest = manifest_of(rows, place)
    assert [r.path for r in read_rows(manifest, "test", place)] == ["b.png", "a.png"]
    assert read_rows(manifest, "validation", place) == []


def test_a_row_knows_where_its_picture_lies(place):
    (found,) = read_rows(manifest_of([row("deep/a.png")], place), "test", place)
    assert found.file == place.data / "deep" / "a.png"
    assert (found.width, found.height, found.sha256) == (4, 3, "0" * 64)
