"""Which steps a run would reuse, and why it would do the others again; nothing is made or written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from components import benchmark, dataset, parts, student, teacher
from components.artifacts import BenchmarkReport, Checkpoint, Manifest, Record
from components.config import Params
from components.errors import ConfigError
from components.keys import Key
from components.parts import near
from components.recipes import Recipe
from components.upkeep import inventory, reasons
from flows.environment import Checkout

R = TypeVar("R", bound=Record)

STATIONS = ("dataset", "teacher", "student", "benchmark")
"""The stations whose work is kept under a key; gate and registry answer anew in every run."""

Verdict = Literal["reused", "would run", "waits"]


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """A step of a run, and what would become of it.

    Attributes:
        station: Its station.
        name: What tables call its result.
        verdict: `waits` is said of a step with an input that would be made anew: it is reused if that
            comes out as it was.
        reasons: Why it would run or waits, a line each.
        against: The earlier work folder that the reasons compare with; empty without one.
        record: What would be reused.
    """

    station: str
    name: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    against: str = ""
    record: R | None = None

    @property
    def made(self) -> R:
        """The record of a step that would be reused."""
        assert self.record is not None  # noqa: S101 - asked of reused steps alone
        return self.record


def explain_steps(params: Params, checkout: Checkout, station: str = "") -> list[Step[Any]]:
    """Explain the steps of the chosen recipe, in the order of the data's way.

    Args:
        params: The parameter file.
        checkout: Where the pictures are and results lie.
        station: One of `STATIONS`; empty for all.

    Raises:
        ConfigError: there is no such station.
        DatasetError: the data folder cannot be read.
        StoreError: a work folder cannot be read.
    """
    if station and station not in STATIONS:
        known = f"no such station (there are: {', '.join(STATIONS)})"
        raise ConfigError(f"{station}: {known}{near(station, STATIONS)}")
    steps = _Explanation(params, checkout).steps()
    return [step for step in steps if station in {"", step.station}]


class _Explanation:
    """One look at the way of a run."""

    def __init__(self, params: Params, checkout: Checkout) -> None:
        self.params, self.workplace = params, checkout.workplace
        self.prepared = self._dataset()

    def steps(self) -> Iterator[Step[Any]]:
        """Look at every step in order."""
        recipe, seed, prepared = self.params.chosen, self.params.seed, self.prepared
        taught = self._trained(
            "teacher",
            teacher.LABEL,
            (prepared,),
            lambda: teacher.key_of(prepared.made, recipe, seed=seed),
        )
        distilled = self._trained(
            "student",
            student.LABEL,
            (prepared, taught),
            lambda: student.key_of(prepared.made, taught.made, recipe, seed=seed),
        )
        method: Recipe = parts.build("recipes", recipe)
        inherits = method.alone_inherits
        alone = self._trained(
            "student",
            student.ALONE,
            (prepared, taught) if inherits else (prepared,),
            lambda: student.key_of(
                prepared.made, taught.made if inherits else None, recipe, seed=seed, taught=False
            ),
        )
        trained = (taught, distilled, alone)
        yield from (prepared, *trained)
        yield from map(self._report, trained if method.teacher_restores else trained[1:])
        yield from map(self._reference, benchmark.references(recipe))

    @cached_property
    def suite(self) -> benchmark.Suite:
        """The benchmark of the run."""
        return benchmark.held_out(self.prepared.made, self.params.chosen, self.workplace)

    def _dataset(self) -> Step[Manifest]:
        if not dataset.holds_something(self.workplace.data):
            why = f"{self.workplace.data}: is missing or empty"
            return Step("dataset", "dataset", "would run", (why,))
        key = dataset.key_of(self.params.pictures, self.workplace)
        return self._look("dataset", key, Manifest)

    def _trained(
        self, station: str, name: str, inputs: tuple[Step[Any], ...], key: Callable[[], Key]
    ) -> Step[Checkpoint]:
        return _waiting(station, name, inputs) or self._look(name, key(), Checkpoint)

    def _report(self, step: Step[Checkpoint]) -> Step[BenchmarkReport]:
        waiting = _waiting("benchmark", step.name, (self.prepared, step))
        if waiting:
            return waiting
        entry = benchmark.contender(step.made, self.workplace)
        return self._look(step.name, benchmark.key_of(entry, self.suite), BenchmarkReport)

    def _reference(self, entry: benchmark.Contender) -> Step[BenchmarkReport]:
        waiting = _waiting("benchmark", entry.label, (self.prepared,))
        if waiting:
            return waiting
        return self._look(entry.label, benchmark.key_of(entry, self.suite), BenchmarkReport)

    def _look(self, name: str, key: Key, kind: type[R]) -> Step[R]:
        """Look a step up; where it is not there, compare it with what is."""
        store = self.workplace.store
        sight = store.peek(key, kind)
        if sight.record is not None:
            return Step(key.station, name, "reused", record=sight.record)
        if sight.fault:
            return Step(key.station, name, "would run", (sight.fault,))
        past = [folder.key for folder in inventory.folders(store, key.station) if folder.key]
        old = reasons.nearest(key, past)
        if old is None:
            return Step(key.station, name, "would run", ("no earlier record",))
        places = {"recipe": f"recipes.{self.params.recipe}", "source": "data.source"}
        differences = tuple(reasons.differences(old, key, places=places))
        return Step(key.station, name, "would run", differences, f"{old.station}/{old.digest}")


def _waiting(station: str, name: str, inputs: tuple[Step[Any], ...]) -> Step[Any] | None:
    """Return the step that cannot be looked up, as it would have another input; else None."""
    anew = [step.name for step in inputs if step.record is None]
    if not anew:
        return None
    return Step(station, name, "waits", (f"its input {anew[0]} would be made anew",))
