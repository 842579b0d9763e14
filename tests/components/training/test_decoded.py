"""Decoded pictures: what the file holds, that it is made once, and what stops its making."""

import dataclasses
import os
import re
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest

from components.errors import PictureError, StoreError
from components.pictures import images
from components.training import decoded
from components.training.decoded import decode


def samples(pixels):
    return (pixels * 255).round().byte().permute(1, 2, 0).numpy()


def test_pictures_are_in_the_file_as_they_are(write_row, detailed, listed):
    pictures = [detailed(3, 9, 7), detailed(1, 8, 12), detailed(3, 8, 8)]
    rows = [write_row(f"{n}.png", pixels) for n, pixels in enumerate(pictures)]
    manifest, workplace = listed(rows)
    made = decode(manifest, "train", workplace, mates=False)
    assert len(made) == 3
    assert made.until.tolist() == [63, 63 + 96, 63 + 96 + 64]
    assert [made.path(n) for n in range(3)] == ["0.png", "1.png", "2.png"]
    for number, pixels in enumerate(pictures):
        whole = samples(pixels.expand(3, -1, -1))
        assert np.array_equal(made.gt(number, 0, 0, 7), whole[:7, :7])
        assert np.array_equal(made.gt(number, 1, 2, 5), whole[1:6, 2:7])


def test_16_bits_are_rounded_to_8(write_row, detailed, listed):
    row = write_row("a.png", detailed(3, 8, 8), bits=16)
    manifest, workplace = listed([row])
    made = decode(manifest, "train", workplace, mates=False)
    assert np.array_equal(made.gt(0, 0, 0, 8), samples(images.read(row.file).pixels))


def test_mates_lie_beside_their_ground_truth_which_is_there_once(write_row, detailed, listed):
    truth, mates = detailed(3, 19, 16), [detailed(3, 4, 4) for _ in range(3)]
    rows = [write_row(f"{n}.png", truth, mate) for n, mate in enumerate(mates)]
    shared = [dataclasses.replace(row, path=rows[0].path) for row in rows]
    manifest, workplace = listed(shared)
    made = decode(manifest, "train", workplace, mates=True)
    assert made.scale == 4
    for number, mate in enumerate(mates):
        assert np.array_equal(made.gt(number, 0, 0, 16), samples(truth)[:16, :16])
        assert np.array_equal(made.lq(number, 1, 0, 3), samples(mate)[1:4, :3])
    (file,) = workplace.store.root.glob("training.decoded/*/pixels.u8")
    assert file.stat().st_size == 3 * (16 * 16 + 3 * 4 * 4)


def count(monkeypatch):
    """Note which pictures are decoded."""
    seen = []
    real = decoded.read_pixels

    def read(file, height, width):
        seen.append(file.name)
        return real(file, height, width)

    monkeypatch.setattr(decoded, "read_pixels", read)
    return seen


def test_pictures_are_decoded_once(write_row, detailed, listed, monkeypatch):
    manifest, workplace = listed([write_row("a.png", detailed(3, 8, 8))])
    decode(manifest, "train", workplace, mates=False)
    seen = count(monkeypatch)
    decode(manifest, "train", workplace, mates=False)
    assert not seen


def test_a_decoding_that_was_cut_short_goes_on_with_what_is_left(
    write_row, detailed, listed, monkeypatch
):
    pictures = [detailed(3, 8, 8) for _ in range(4)]
    rows = [write_row(f"{n}.png", pixels) for n, pixels in enumerate(pictures)]
    whole = rows[3].file.read_bytes()
    rows[3].file.write_bytes(whole[:100])
    manifest, workplace = listed(rows)
    expected = re.escape(f"{rows[3].file} cannot be read as a picture")
    with pytest.raises(PictureError, match=expected):
        decode(manifest, "train", workplace, mates=False)
    rows[3].file.write_bytes(whole)
    # A picture whose bytes did not reach the disk counts as not decoded.
    (pixels,) = workplace.store.root.glob("training.decoded/*/state/pixels.u8")
    with pixels.open("r+b") as stream:
        stream.seek(3 * 64)
        stream.write(b"torn")
    seen = count(monkeypatch)
    made = decode(manifest, "train", workplace, mates=False)
    assert sorted(seen) == ["1.png", "3.png"]
    for number, picture in enumerate(pictures):
        assert np.array_equal(made.gt(number, 0, 0, 8), samples(picture))


KILLED = """
import sys
from pathlib import Path
from components.artifacts import Manifest
from components.store import Store, Workplace
from components.training.decoded import decode

record, store, data = sys.argv[1:]
workplace = Workplace(Store(Path(store)), Path(data))
decode(Manifest.model_validate_json(record), "train", workplace, mates=False)
"""


def test_a_killed_decoding_leaves_nothing_that_counts(write_row, detailed, listed):
    pictures = [detailed(3, 8, 8) for _ in range(3)]
    rows = [write_row(f"{n}.png", pixels) for n, pixels in enumerate(pictures)]
    manifest, workplace = listed(rows)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            KILLED,
            manifest.model_dump_json(),
            str(workplace.store.root),
            str(workplace.data),
        ],
        env=os.environ | {"RESTILL_KILL_AT": "decoded:1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not list(workplace.store.root.glob("training.decoded/*/record.json"))
    made = decode(manifest, "train", workplace, mates=False)
    for number, picture in enumerate(pictures):
        assert np.array_equal(made.gt(number, 0, 0, 8), samples(picture))


@pytest.mark.parametrize("damage", ["short", "changed", "missing"])
def test_a_damaged_file_is_made_again(write_row, detailed, listed, damage):
    picture = detailed(3, 8, 8)
    manifest, workplace = listed([write_row("a.png", picture)])
    decode(manifest, "train", workplace, mates=False)
    (file,) = workplace.store.root.glob("training.decoded/*/pixels.u8")
    if damage == "missing":
        file.unlink()
    else:
        content = file.read_bytes()
        file.write_bytes(content[:50] if damage == "short" else bytes(len(content)))
    made = decode(manifest, "train", workplace, mates=False)
    assert np.array_equal(made.gt(0, 0, 0, 8), samples(picture))


def test_a_disk_without_room_is_found_before_any_picture_is_decoded(
    write_row, detailed, listed, monkeypatch
):
    rows = [write_row(f"{n}.png", detailed(3, 64, 64)) for n in range(4)]
    manifest, workplace = listed(rows)
    seen = count(monkeypatch)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # a file may not grow beyond
    try:
        with pytest.raises(StoreError, match=r"no room for 0.00 GB of decoded pictures: File too"):
            decode(manifest, "train", workplace, mates=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not seen
    assert len(decode(manifest, "train", workplace, mates=False)) == 4


def test_a_picture_that_has_changed_its_size_is_named(write_row, detailed, listed):
    manifest, workplace = listed([write_row("a.png", detailed(3, 8, 8))])
    write_row("a.png", detailed(3, 8, 9))
    with pytest.raises(PictureError, match=r"a.png: is 9x8 now, but was 8x8"):
        decode(manifest, "train", workplace, mates=False)


def test_many_pictures_have_their_places(write_row, detailed, listed, monkeypatch):
    monkeypatch.setattr(decoded, "_AT_ONCE", 4)
    pictures = [detailed(3, 4 + n % 3, 5 + n % 4) for n in range(21)]
    rows = [write_row(f"{n:02d}.png", pixels) for n, pixels in enumerate(pictures)]
    manifest, workplace = listed(rows)
    made = decode(manifest, "train", workplace, mates=False)
    for number, picture in enumerate(pictures):
        assert np.array_equal(made.gt(number, 0, 0, 4), samples(picture)[:4, :4])
