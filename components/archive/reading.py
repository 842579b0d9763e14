"""Fill the archive: runs and versions from MLflow, work from the store, champions from the ledger.

A run's tags and a version's tags say enough without the store, so a machine that only reaches the registry
reads the same lineage; the store adds what never went to MLflow, such as `restill benchmark`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from components.archive.logged import Logged, read_logged
from components.archive.records import (
    STUDENT,
    TEACHER,
    Archive,
    Measurement,
    Model,
    Version,
    Way,
)
from components.archive.reigns import reigns
from components.store import Store
from components.tracking import Tracking
from components.upkeep import inventory
from components.upkeep.inventory import WorkFolder


def read(tracking: Tracking, store: Store) -> Archive:
    """Read all that is known; nothing is made or written.

    Args:
        tracking: Runs, versions and ledger.
        store: Work on this machine; what it lacks is left out.

    Raises:
        RegistryError: MLflow failed, or its database is missing.
        LedgerError: somebody changed a ledger.
        StoreError: a work folder cannot be read.
    """
    logged, folders = read_logged(tracking), inventory.folders(store)
    versions, ways = logged.versions, logged.ways
    measurements = _measurements(folders, versions, ways)
    known = [
        *_stored_models(folders),
        *_used_models(logged),
        *(Model(version.weights, STUDENT, version.data) for version in versions),
        *(Model(one.weights, one.label) for one in measurements.values()),
    ]
    known += [Model(one.teacher, TEACHER, one.data) for one in known if one.teacher]
    return Archive(
        versions=versions,
        ways=ways,
        models={model.weights: model for model in reversed(known)},
        measurements=measurements,
        suites=_suites(folders, versions, ways),
        reigns=tuple(
            reign
            for name in dict.fromkeys(version.name for version in versions)
            for reign in reigns(name, tracking)
        ),
    )


def _stored_models(folders: Iterable[WorkFolder]) -> Iterator[Model]:
    for folder in folders:
        record, station = folder.record, folder.name.parts[0]
        if folder.key is not None and station in {TEACHER, STUDENT} and "sha256" in record:
            yield Model(
                weights=record["sha256"],
                label=record.get("label", station),
                data=record.get("data_digest", ""),
                teacher=folder.key.inputs.get("teacher", ""),
                num_parameters=record.get("num_parameters"),
                folder=str(folder.name),
            )


def _used_models(logged: Logged) -> Iterator[Model]:
    """Yield what runs say of the networks that they trained or reused."""
    for way in logged.ways.values():
        for label, weights in way.weights.items():
            yield Model(
                weights=weights,
                label=label,
                data=way.data,
                teacher=way.weights.get(TEACHER, "") if label == STUDENT else "",
                num_parameters=logged.sizes.get(weights),
            )


def _measurements(
    folders: Iterable[WorkFolder], versions: Iterable[Version], ways: Mapping[str, Way]
) -> dict[tuple[str, str], Measurement]:
    """Know each measurement once: by its work folder, else by the run of a version."""
    found: dict[tuple[str, str], Measurement] = {}
    for one in (*_stored_measurements(folders), *_released_measurements(versions, ways)):
        before = found.setdefault((one.weights, one.digest), one)
        if one.run_id:
            found[one.weights, one.digest] = replace(before, run_id=one.run_id, label=one.label)
    return found


def _stored_measurements(folders: Iterable[WorkFolder]) -> Iterator[Measurement]:
    """Read the reports of the store, also those that an older version of this program wrote."""
    for folder in folders:
        record = folder.record
        if record.get("weights_sha256") and "benchmark_digest" in record:
            cost = record.get("cost", {})
            yield Measurement(
                weights=record["weights_sha256"],
                label=record.get("label", ""),
                digest=record["benchmark_digest"],
                protocol=record.get("protocol", ""),
                suite=record.get("suite", ""),
                means=record.get("mean", {}),
                cost={n: float(v) for n, v in cost.items() if isinstance(v, int | float)},
                device=cost.get("device", ""),
                folder=str(folder.name),
            )


def _released_measurements(
    versions: Iterable[Version], ways: Mapping[str, Way]
) -> Iterator[Measurement]:
    """Yield what the run of a version measured: the benchmark is the one of the version's tags."""
    for version in versions:
        way = ways.get(version.run_id)
        weights = {STUDENT: version.weights} | (dict(way.weights) if way else {})
        for label, digest in weights.items():
            exact = way.means.get(label, {}) if way else {}
            means = exact or (version.means if digest == version.weights else {})
            if version.benchmark and means:
                yield Measurement(
                    weights=digest,
                    label=label,
                    digest=version.benchmark,
                    protocol=version.protocol,
                    means=means,
                    cost=version.cost if digest == version.weights else {},
                    device=version.device,
                    run_id=version.run_id,
                )


def _suites(
    folders: Iterable[WorkFolder], versions: Iterable[Version], ways: Mapping[str, Way]
) -> dict[str, str]:
    """Tell which benchmarks are made of the test pictures of which data."""
    data = {name: way.data for way in ways.values() for name in way.folders}
    of_runs = {
        folder.record["benchmark_digest"]: data[str(folder.name)]
        for folder in folders
        if str(folder.name) in data and "benchmark_digest" in folder.record
    }
    return of_runs | {one.benchmark: one.data for one in versions if one.benchmark and one.data}
