"""The search for candidates: what must be among them, what is never."""

import numpy as np
import pytest

from components.inspection import neighbours, thumbnails
from components.inspection.neighbours import NEAREST, search


@pytest.fixture(scope="module")
def references(photographs, reduced):
    return thumbnails.stack([reduced(image) for image in photographs.values()])


def test_whatever_happened_to_a_picture_it_is_among_the_candidates(
    photographs, references, change, reduced
):
    queries = thumbnails.stack([reduced(change(image)) for image in photographs.values()])
    found = search(queries, references)
    assert set(found.query[found.query == found.reference]) == set(range(len(photographs)))


def test_the_window_and_the_turn_say_how_a_picture_was_cut_out(photographs, references, reduced):
    image = photographs["astronaut_3"]
    part = image.crop((0, image.height - image.height * 13 // 16, image.width, image.height))
    turned = thumbnails.turn(thumbnails.stack([reduced(part)]), 1)
    found = search(turned, references)
    (place,) = np.flatnonzero(found.reference == list(photographs).index("astronaut_3"))
    assert found.turn[place] == 1
    assert found.window[place] == pytest.approx([0.8125, 0.1875, 1, 0])


def test_a_picture_is_no_candidate_of_its_own(references):
    found = search(references, references, itself=True)
    assert not np.any(found.query == found.reference)


def test_a_query_has_no_more_than_the_nearest(references):
    same = np.repeat(references[:1], 10, axis=0)
    assert np.bincount(search(same, same, itself=True).query).tolist() == [NEAREST] * 10


def test_blocks_do_not_show(references, monkeypatch):
    whole = search(references, references, itself=True)
    monkeypatch.setattr(neighbours, "_BLOCK", 1)
    monkeypatch.setattr(neighbours, "_CHUNK", 3)
    single = search(references, references, itself=True)
    for name in ("query", "reference", "turn", "window"):
        assert np.array_equal(getattr(whole, name), getattr(single, name))


def test_a_flat_picture_is_near_to_nothing(references):
    flat = np.full_like(references[:2], 90)
    assert not len(search(flat, references).query)
    assert not len(search(flat, flat, itself=True).query)


def test_nothing_is_near_to_nothing(references):
    assert not len(search(references[:0], references).query)
    assert search(references, references[:0]).window.shape == (0, 4)
