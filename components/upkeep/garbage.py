"""What nothing reaches any more: a decision on lists, which reads and removes nothing itself.

version in service, or one of the last -> its run -> the run's work folders
latest run of each experiment          -> its steps, its work folders
whatever the latest run or a run at work used
student -> teacher -> dataset, by the keys; and what was measured of weights that stay
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.upkeep.inventory import WorkFolder


@dataclass(frozen=True, slots=True)
class Run:
    """A run in MLflow that this program made.

    Attributes:
        run_id: Its id.
        name: What people see.
        experiment: The name of its experiment.
        key: Content key of its step; of a whole way, the digest of its steps' folders.
        parent: Id of the run that it is a step of.
        seen: When it was last gone through, milliseconds since 1970.
        is_open: Whether it has not ended.
        weights: sha256 of what it trained; empty when it trained nothing.
        folders: The work folders of its steps, `<station>/<content key>`.
        artifacts: Their folder, when that is in this checkout and not removed already.
    """

    run_id: str
    name: str
    experiment: str
    key: str
    seen: int
    parent: str | None = None
    is_open: bool = False
    weights: str = ""
    folders: tuple[str, ...] = ()
    artifacts: Path | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a model in the registry.

    Attributes:
        name: The model's.
        number: Later is higher.
        run_id: The run that holds its files.
        weights: sha256; empty when this program did not release it.
        aliases: That point to it.
        term: When it was the champion last, higher is later; 0 where no ledger says so.
    """

    name: str
    number: int
    run_id: str
    weights: str
    aliases: tuple[str, ...] = ()
    term: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that there is.

    Attributes:
        runs: Of MLflow.
        versions: Of the registry, without those whose files were removed.
        folders: Of the store.
        used_since: Folders used then or later belong to the latest run or to one at work;
            nanoseconds since 1970, None when no run is noted.
    """

    runs: Sequence[Run]
    versions: Sequence[Version]
    folders: Sequence[WorkFolder]
    used_since: int | None


@dataclass(frozen=True, slots=True)
class Reached:
    """What stays, each with the reason.

    Attributes:
        versions: (model, number) -> why.
        runs: Run id -> why.
        folders: `<station>/<content key>` -> why.
    """

    versions: dict[tuple[str, int], str]
    runs: dict[str, str]
    folders: dict[str, str]


def reached(scene: Scene, *, keep_champions: int) -> Reached:
    """Decide what stays; all else that the scene holds is garbage.

    Args:
        scene: What there is.
        keep_champions: How many of the last champions of each model stay, besides those with an alias;
            where there are fewer, the newest versions.
    """
    versions = dict(_versions(scene, keep_champions))
    runs = dict(_runs(scene, versions))
    return Reached(versions, runs, _folders(scene, versions, runs))


def _versions(scene: Scene, keep: int) -> Iterator[tuple[tuple[str, int], str]]:
    """Yield the versions that stay, the strongest reason last."""
    for name in {version.name for version in scene.versions}:
        ours = [version for version in scene.versions if version.name == name]
        for version in sorted(ours, key=lambda v: (v.term, v.number), reverse=True)[:keep]:
            yield (name, version.number), f"one of the last {keep} champions"
        for version in ours:
            if not version.weights:
                yield (name, version.number), "released by another program"
            if version.aliases:
                yield (name, version.number), f"alias {', '.join(version.aliases)}"


def _runs(scene: Scene, versions: dict[tuple[str, int], str]) -> Iterator[tuple[str, str]]:
    latest: dict[str, Run] = {}
    for run in scene.runs:
        before = latest.get(run.experiment)
        if run.parent is None and (before is None or run.seen >= before.seen):
            latest[run.experiment] = run
    stay = {run.run_id: f"the latest run of {run.experiment}" for run in latest.values()}
    stay |= {run.run_id: "has not ended" for run in scene.runs if run.is_open}
    stay |= {
        version.run_id: f"holds {version.name} version {version.number}"
        for version in scene.versions
        if (version.name, version.number) in versions
    }
    yield from stay.items()
    for run in scene.runs:
        if run.parent in stay and run.run_id not in stay:
            yield run.run_id, "a step of a run that stays"


def _folders(
    scene: Scene, versions: dict[tuple[str, int], str], runs: dict[str, str]
) -> dict[str, str]:
    kept_runs = [run for run in scene.runs if run.run_id in runs]
    names = {name for run in kept_runs for name in run.folders}
    keys = {run.key for run in kept_runs}
    weights = {run.weights for run in kept_runs} | {
        version.weights for version in scene.versions if (version.name, version.number) in versions
    }
    since = scene.used_since
    stay = {
        str(folder.name): why
        for folder in scene.folders
        for why, holds in (
            ("used by the latest run, or by one at work", _is_used(folder, since)),
            ("a step of a run that stays", str(folder.name) in names or folder.name.name in keys),
            ("weights of a version or run that stays", bool(_gives(folder) & (weights - {""}))),
        )
        if holds
    }
    _add_inputs(scene, stay)
    _add_reports(scene, stay)
    return stay


def _is_used(folder: WorkFolder, since: int | None) -> bool:
    return since is not None and folder.last_used >= since


def _add_inputs(scene: Scene, stay: dict[str, str]) -> None:
    """Add what the steps that stay were made from, and what these were made from."""
    waiting = [folder for folder in scene.folders if str(folder.name) in stay]
    while waiting:
        step = waiting.pop()
        for folder in scene.folders:
            if str(folder.name) not in stay and _gives(folder) & _needs(step):
                stay[str(folder.name)] = f"{step.name} was made from it"
                waiting.append(folder)


def _add_reports(scene: Scene, stay: dict[str, str]) -> None:
    """Add what was measured of weights that stay, then what stands beside it in the tables."""
    kept = [folder for folder in scene.folders if str(folder.name) in stay]
    weights = {digest for folder in kept for digest in _gives(folder)}
    _add(scene, stay, lambda inputs: inputs.get("weights") in weights, "measures weights that stay")
    suites = {_inputs(f).get("suite") for f in scene.folders if str(f.name) in stay} - {None}
    _add(
        scene,
        stay,
        lambda inputs: inputs.get("weights") == "" and inputs.get("suite") in suites,
        "the reference of a report that stays",
    )


def _add(
    scene: Scene, stay: dict[str, str], fits: Callable[[dict[str, str]], bool], why: str
) -> None:
    for folder in scene.folders:
        if fits(_inputs(folder)):
            stay.setdefault(str(folder.name), why)


def _inputs(folder: WorkFolder) -> dict[str, str]:
    return folder.key.inputs if folder.key else {}


def _needs(folder: WorkFolder) -> set[str]:
    return set(_inputs(folder).values()) - {""}


def _gives(folder: WorkFolder) -> set[str]:
    """Return the digests under which later steps name this one: rows of a manifest, weights."""
    digests = (folder.record.get(name, "") for name in ("rows_digest", "sha256"))
    return {digest for digest in digests if digest}
