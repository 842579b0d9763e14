"""Candidates for promotion: small networks with what the gate would have said of them."""

import shutil
from pathlib import PurePosixPath

import torch

from components.artifacts import BenchmarkReport, Checkpoint, Cost, Verdict
from components.models.kdsr import Model, Params
from components.promotion.registration import Candidate
from components.training import checkpoint

TINY = Params(scale=2, channels=4, num_blocks=1, num_encoder_blocks=0)


def candidate(folder, run_id, *, seed=0, model=TINY, over=None, spoil=None):
    """Make the checkpoint and the records of a network that passed the gate."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    network = Model(model)
    torch.nn.init.normal_(network.trunk.tail.weight, std=0.1)
    if spoil is not None:
        network.trunk.tail.bias.data.fill_(spoil)
    parameters = model.model_dump(mode="json")
    digest = checkpoint.save(folder, network, {"model": parameters})
    made = Checkpoint(
        folder=PurePosixPath("student/abc"),
        label="student",
        recipe="kdsr",
        model=parameters,
        sha256=digest,
        num_parameters=1,
        data_digest="d.dir",
        seed=seed,
        train_seconds=1.0,
        validation=30.0,
    )
    report = BenchmarkReport(
        folder=PurePosixPath("benchmark/abc"),
        label="student",
        protocol="sr_y",
        benchmark_digest="b",
        num_images=1,
        mean={"psnr_db": 31.25},
        slices={},
        cost=Cost(num_parameters=1, giga_macs=1.0, latency_ms=1.0, device="cpu"),
        weights_sha256=digest,
    )
    verdict = Verdict(passed=True, outcome="better", gain_db=0.5, reasons=("better by 0.5 dB",))
    return Candidate(made, folder, report, verdict, over, run_id)


def save_bare(parts, target):
    """Write a release without MLflow's words and the copy of the package, 400 files that cost seconds."""
    shutil.copytree(parts["checkpoint"], target / "artifacts/checkpoint")
