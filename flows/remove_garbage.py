"""Remove what nothing reaches any more: files of runs, pages, work folders. `garbage` decides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from components.errors import RegistryError, StoreError
from components.promotion.ledger import Ledger
from components.store import Store
from components.tracking import Tracking
from components.upkeep import census, garbage, inventory
from components.upkeep.garbage import Reached, Run, Scene, Version
from components.upkeep.inventory import RunNote
from flows.environment import Checkout


@dataclass(frozen=True, slots=True)
class Item:
    """Something that goes.

    Attributes:
        what: Its path within `mlruns/`.
        why: Why it goes.
        num_bytes: What that frees.
        remove: Removes it; False, with nothing removed, when somebody came to use it meanwhile.
    """

    what: str
    why: str
    num_bytes: int
    remove: Callable[[], bool]


def garbage_of(checkout: Checkout, *, keep_champions: int) -> list[Item]:
    """Find what goes, in the order to remove it in; nothing is removed yet.

    Args:
        checkout: Whose `mlruns/` it is; `data/` and DVC's cache are not looked at.
        keep_champions: How many of the last champions of each model stay, by its ledger, besides those
            that an alias points to.

    Raises:
        RegistryError: MLflow failed, its database is missing, a ledger was changed, or the latest run
            reported to another one. What is in service is not known then, so nothing may be removed.
        StoreError: a work folder cannot be read.
    """
    tracking, store = Tracking(checkout.mlruns), checkout.workplace.store
    notes = inventory.runs(store)  # first: a run that begins now uses folders from now on
    _require_same_server(notes, tracking)
    folders = inventory.folders(store)
    runs = census.runs(tracking)
    scene = Scene(runs, _versions(tracking), folders, _used_since(notes))
    reached = garbage.reached(scene, keep_champions=keep_champions)
    return [
        *_files_of_runs(scene, reached, tracking),
        *_pages(scene, reached, checkout.mlruns / "reports"),
        *_work(scene, reached, store),
    ]


def _versions(tracking: Tracking) -> list[Version]:
    """List the versions, with when each was the champion last."""
    found = census.versions(tracking)
    terms = {name: Ledger(name, tracking).chain().terms for name in {v.name for v in found}}
    return [replace(v, term=terms[v.name].get(str(v.number), 0)) for v in found]


def _require_same_server(notes: list[RunNote], tracking: Tracking) -> None:
    """An MLflow that never heard of this checkout's runs would let all of them go."""
    if notes and notes[-1].reports_to != tracking.place:
        raise RegistryError(
            f"the latest run here reported to {notes[-1].reports_to}, but this would ask "
            f"{tracking.place}, which may not know what is in service (MLFLOW_TRACKING_URI)"
        )


def _used_since(notes: list[RunNote]) -> int | None:
    """Return when the latest run began, or the first that is still at work."""
    return min((note.started for note in notes if note.at_work or note is notes[-1]), default=None)


def _files_of_runs(scene: Scene, reached: Reached, tracking: Tracking) -> Iterator[Item]:
    for run in scene.runs:
        if run.run_id not in reached.runs and run.artifacts is not None:
            why = f"{run.experiment}, {run.name}: not the latest run, holds no version that stays"
            size = inventory.num_bytes(run.artifacts)
            remove = partial(_remove_files, run, scene, tracking)
            yield Item(f"artifacts/{run.run_id}", why, size, remove)


def _remove_files(run: Run, scene: Scene, tracking: Tracking) -> bool:
    """Remove a run's files, after a note on the versions that these are, if there are any."""
    versions = [version for version in scene.versions if version.run_id == run.run_id]
    retired = all(
        census.retire(version, tracking, partial(_is_changing, version.name, tracking))
        for version in versions
    )
    return retired and census.discard(run, tracking)


def _is_changing(model: str, tracking: Tracking) -> bool:
    return Ledger(model, tracking).chain().open is not None


def _pages(scene: Scene, reached: Reached, reports: Path) -> Iterator[Item]:
    """Yield the pages of runs that go, unless a run that stays has the same page."""
    ways = [run for run in scene.runs if run.parent is None]
    stay = {_page(run) for run in ways if run.run_id in reached.runs}
    for name in sorted({_page(run) for run in ways} - stay):
        file = reports / name
        if file.is_file():
            remove = partial(_remove_page, file)
            yield Item(f"reports/{name}", "page of a run that goes", file.stat().st_size, remove)


def _page(run: Run) -> str:
    return f"{run.key[:12]}.html"


def _remove_page(file: Path) -> bool:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{file}: {error.strerror or error}") from error
    return True


def _work(scene: Scene, reached: Reached, store: Store) -> Iterator[Item]:
    for folder in scene.folders:
        if str(folder.name) in reached.folders or inventory.is_busy(store, folder):
            continue
        why = "nothing that stays needs it" if folder.key else "holds no record that can be read"
        remove = partial(inventory.remove, store, folder)
        yield Item(f"work/{folder.name}", why, folder.num_bytes, remove)
