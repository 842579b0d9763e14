"""A run that was cut short goes on as if it had not been."""

import json
import os
import resource
import signal
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from components.config import TrainParams
from components.errors import TrainingError
from components.models import RestorationModel
from components.recipes import Batch
from components.training.loop import Hooks, fit
from components.training.signals import noted_signals

STEPS = 12


class Net(RestorationModel):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def restore(self, lq, code):
        # Dropout draws from torch's global generator: its state must come back too.
        return F.dropout(self.conv(lq), p=0.1, training=self.training)


def batch(step: int) -> Batch:
    gt = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(step))
    return Batch(lq=(gt * 0.9), gt=gt, step=step)


def train(folder, *, progress=lambda *_: None, poison=None, extra=None):
    torch.manual_seed(3)
    network = Net()
    params = TrainParams(
        steps=STEPS,
        batch=2,
        patch=8,
        learning_rate=1e-2,
        ema=0.9,
        validate_every=5,
        save_every=3,
        warmup_steps=2,
    )

    def terms(batch):
        loss = F.l1_loss(network(batch.lq), batch.gt)
        return {"l1": loss * (float("nan") if batch.step == poison else 1.0)}

    hooks = Hooks(lambda _: 30.0, progress, state=folder, modules=extra or {})
    return fit(network, terms, batch, params, hooks)


class CutError(Exception):
    pass


def cut_at(step):
    def progress(done, total, note):
        if done == step:
            raise CutError

    return progress


def weights(fitted):
    return torch.cat([p.detach().flatten() for p in fitted.network.parameters()])


def curve(fitted):
    return fitted.curve.drop(columns="samples_per_second")


@pytest.mark.parametrize("step", [1, 3, 4, 6, 11])
def test_a_run_cut_short_ends_with_the_same_weights_and_curve(tmp_path, step):
    whole = train(None)
    with pytest.raises(CutError):
        train(tmp_path, progress=cut_at(step))
    seen = []
    again = train(tmp_path, progress=lambda done, *_: seen.append(done))
    assert seen[0] == (step - 1) // 3 * 3 + 1  # it went on from its last state
    assert torch.equal(weights(again), weights(whole))
    assert curve(again).equals(curve(whole))


def test_the_last_two_states_are_kept_and_a_damaged_one_is_passed_over(tmp_path):
    with pytest.raises(CutError):
        train(tmp_path, progress=cut_at(10))
    older, newer = sorted(tmp_path.glob("step-*"))
    assert ("000000006" in older.name, "000000009" in newer.name) == (True, True)
    content = bytearray(newer.read_bytes())
    content[-5] ^= 1
    newer.write_bytes(content)
    seen = []
    again = train(tmp_path, progress=lambda done, *_: seen.append(done))
    assert seen[0] == 7
    assert torch.equal(weights(again), weights(train(None)))


@pytest.mark.parametrize(
    ("number", "leaves"), [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)]
)
def test_a_signal_is_obeyed_after_the_step_with_its_state_saved(tmp_path, number, leaves):
    def progress(done, total, note):
        if done == 4:
            os.kill(os.getpid(), number)

    with pytest.raises(leaves):
        train(tmp_path, progress=progress)
    assert len(list(tmp_path.glob("step-000000004-*"))) == 1
    assert torch.equal(weights(train(tmp_path)), weights(train(None)))


def test_the_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with noted_signals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_loss_that_is_not_a_number_leaves_its_batch_and_the_last_good_state(tmp_path):
    with pytest.raises(TrainingError, match="step 7: the loss is nan"):
        train(tmp_path, poison=7)
    failure = json.loads((tmp_path / "failure.json").read_text())
    assert failure["step"] == 7
    assert len(failure["batch_sha256"]) == 64
    assert sorted(file.name[:14] for file in tmp_path.glob("step-*")) == [
        "step-000000003",
        "step-000000006",
    ]


def test_what_trains_beside_the_network_comes_back_too(tmp_path):
    beside = nn.Linear(2, 2)
    with pytest.raises(CutError):
        train(tmp_path, progress=cut_at(4), extra={"recipe": beside})
    other = nn.Linear(2, 2)
    train(tmp_path, extra={"recipe": other})
    assert torch.equal(other.weight, beside.weight)


FULL = """
import sys
sys.path.insert(0, sys.argv[1])
import resource, signal
from pathlib import Path
import test_state
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[2])

def progress(done, total, note):
    if done == 4:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))  # no state fits any more

test_state.train(folder, progress=progress)
"""


def test_a_disk_that_is_full_loses_nothing_that_was_saved(tmp_path):
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    here = os.path.dirname(__file__)  # noqa: PTH120 - a path for another process
    done = subprocess.run(
        [sys.executable, "-c", FULL, here, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "OSError" in done.stderr
    assert [file.name[:14] for file in tmp_path.iterdir()] == ["step-000000003"]
    assert torch.equal(weights(train(tmp_path)), weights(train(None)))
