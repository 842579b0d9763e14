"""What MLflow knows: versions, runs of the whole way, and what these trained."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.archive.records import ALONE, STUDENT, TEACHER, Version, Way
from components.errors import RegistryError
from components.paging import pages
from components.tracking import FOLDERS, GC, KEY, Tracking

_A_PAGE = 200

# Tags, as `tracking`, `record_run` and `registration` write them.
_PARENT = "mlflow.parentRunId"
_TRAINED = "restill.weights"
_DATA = "restill.data"
_WEIGHTS = "weights_sha256"


@dataclass(frozen=True, slots=True)
class Logged:
    """What MLflow knows.

    Attributes:
        versions: By model, then by number.
        ways: Run id -> run of the whole way.
        sizes: sha256 of weights -> number of parameters.
    """

    versions: tuple[Version, ...]
    ways: Mapping[str, Way]
    sizes: Mapping[str, int]


def read_logged(tracking: Tracking) -> Logged:
    """Read what MLflow knows; nothing is made.

    Raises:
        RegistryError: MLflow failed, or its database is missing.
    """
    _require_database(tracking)
    runs = list(_runs(tracking))
    trained = [run for run in runs if _TRAINED in run.data.tags]
    versions = sorted(_versions(tracking), key=lambda version: (version.name, version.number))
    return Logged(
        versions=tuple(versions),
        ways={way.run_id: way for way in _ways(runs, trained)},
        sizes={
            run.data.tags[_TRAINED]: int(run.data.metrics["parameters"])
            for run in trained
            if "parameters" in run.data.metrics
        },
    )


def _require_database(tracking: Tracking) -> None:
    file = tracking.database
    if file is not None and not file.is_file():
        raise RegistryError(f"{file}: is missing, so no run was ever recorded here")


def _runs(tracking: Tracking) -> Iterator[Any]:
    """Yield the runs that this program made, the latest first."""
    with tracking.asking() as client:
        experiments = pages(
            lambda token: client.search_experiments(max_results=_A_PAGE, page_token=token)
        )
        ids = [str(experiment.experiment_id) for experiment in experiments]
        found = pages(lambda token: client.search_runs(ids, max_results=_A_PAGE, page_token=token))
        yield from (run for run in found if KEY in run.data.tags)


def _versions(tracking: Tracking) -> Iterator[Version]:
    """Yield all versions that this program released."""
    with tracking.asking() as client:
        models = pages(
            lambda token: client.search_registered_models(max_results=_A_PAGE, page_token=token)
        )
        for name in [str(model.name) for model in models]:
            yield from _versions_of(name, client)


def _versions_of(name: str, client: Any) -> Iterator[Version]:
    aliases = client.get_registered_model(name).aliases  # a search need not answer with aliases
    found = pages(
        lambda token: client.search_model_versions(
            f"name = '{name}'", max_results=_A_PAGE, page_token=token
        )
    )
    for version in found:
        if _WEIGHTS in version.tags:
            yield _version(version, aliases)


def _version(version: Any, aliases: Mapping[str, Any]) -> Version:
    tags = version.tags
    number = str(version.version)
    return Version(
        name=str(version.name),
        number=int(number),
        run_id=str(version.run_id),
        weights=tags[_WEIGHTS],
        recipe=tags.get("recipe", ""),
        data=tags.get("data_digest", ""),
        benchmark=tags.get("benchmark_digest", ""),
        protocol=tags.get("protocol", ""),
        verdict=tags.get("verdict", ""),
        released=int(version.creation_timestamp),
        aliases=tuple(sorted(alias for alias, n in aliases.items() if str(n) == number)),
        removed=tags.get(GC, ""),
        means=_numbers(tags, "mean."),
        cost=_numbers(tags, "cost."),
        device=tags.get("device", ""),
    )


def _numbers(tags: Mapping[str, str], beginning: str) -> dict[str, float]:
    return {
        name.removeprefix(beginning): float(value)
        for name, value in tags.items()
        if name.startswith(beginning)
    }


def _ways(runs: Iterable[Any], trained: Iterable[Any]) -> Iterator[Way]:
    """Yield the runs of the whole way; old ones name their networks by their steps alone."""
    steps: dict[str, dict[str, str]] = {}
    for run in trained:
        tags = run.data.tags
        steps.setdefault(tags.get(_PARENT, ""), {})[str(run.info.run_name)] = tags[_TRAINED]
    for run in runs:
        if _DATA in run.data.tags:
            yield _way(run, steps.get(str(run.info.run_id), {}))


def _way(run: Any, steps: Mapping[str, str]) -> Way:
    tags, means = run.data.tags, dict[str, dict[str, float]]()
    for name, value in run.data.metrics.items():
        label, slash, metric = name.rpartition("/")
        if slash:
            means.setdefault(label, {})[metric] = value
    used = {n: tags.get(f"restill.{n}.weights", "") for n in (TEACHER, STUDENT, ALONE)}
    commit = tags.get("restill.git.commit", "none")
    return Way(
        run_id=str(run.info.run_id),
        name=str(run.info.run_name),
        data=tags[_DATA],
        commit="" if commit == "none" else commit,
        dirty=tags.get("restill.git.dirty") == "yes",
        verdict=tags.get("restill.verdict", ""),
        params=dict(run.data.params),
        weights={**steps, **{label: weights for label, weights in used.items() if weights}},
        means=means,
        folders=frozenset(tags.get(FOLDERS, "").split()),
    )
