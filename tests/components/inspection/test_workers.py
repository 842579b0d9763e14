"""Work over many files: order, progress, and faults instead of errors."""

import threading
from pathlib import Path

import pytest
import torch

from components.datasets.layout import Fault
from components.errors import PictureError
from components.inspection.workers import over_pictures

FILES = [Path(f"{number}.png") for number in range(20)]


def run(work, told=None):
    def report(*now):
        if told is not None:
            told.append(now)

    return list(over_pictures(work, FILES, progress=report, note="counting"))


def test_results_come_in_the_order_of_the_files():
    assert run(lambda file: int(file.stem)) == list(range(20))


def test_progress_is_told_once_a_file():
    told = []
    run(lambda file: file, told)
    assert told == [(number, 20, "counting") for number in range(1, 21)]


def test_a_picture_that_cannot_be_read_is_a_fault_and_the_others_go_on():
    def work(file):
        if file.stem == "3":
            raise PictureError("3.png cannot be read as a picture: it is empty")
        return 0

    found = run(work)
    assert found[3] == Fault(Path("3.png"), "cannot be read as a picture: it is empty")
    assert found[:3] + found[4:] == [0] * 19


def test_any_other_error_ends_the_work():
    with pytest.raises(ZeroDivisionError):
        run(lambda _: 1 / 0)


def test_two_files_are_worked_on_at_once(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    both = threading.Barrier(2, timeout=30)
    assert len(run(lambda _: both.wait())) == 20


def test_torchs_threads_are_as_before():
    torch.set_num_threads(2)
    inside = run(lambda _: torch.get_num_threads())
    assert (set(inside), torch.get_num_threads()) == ({1}, 2)
    torch.set_num_threads(1)
