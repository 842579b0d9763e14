import hashlib
import platform

import numpy as np
import torch

from components.reproduction.surroundings import differences, surroundings


def test_the_surroundings_are_this_process_and_this_checkouts_lock(tmp_path):
    (tmp_path / "requirements.lock").write_text("torch==2.13.0\n")
    here = surroundings(tmp_path)
    assert here["python"] == platform.python_version()
    assert here["torch"] == torch.__version__
    assert here["numpy"] == np.__version__
    assert here["threads"] == str(torch.get_num_threads())
    assert here["requirements.lock"] == hashlib.sha256(b"torch==2.13.0\n").hexdigest()


def test_without_a_lock_there_is_none(tmp_path):
    assert surroundings(tmp_path)["requirements.lock"] == "none"


def test_equal_surroundings_have_no_difference(tmp_path):
    assert differences(surroundings(tmp_path), surroundings(tmp_path)) == ()


def test_what_only_one_side_knows_is_a_difference():
    assert differences({"torch": "2"}, {"numpy": "3"}) == (
        "torch: 2 then, unknown now",
        "numpy: unknown then, 3 now",
    )
