"""What MLflow, the work store and the ledger know, as plain records, and how one of them is found."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from components.errors import RegistryError, VersionError
from components.parts import near

TEACHER, STUDENT, ALONE = "teacher", "student", "student alone"
"""What the stations call their networks."""

CHAMPION = "champion"

_FEWEST_LETTERS = 4  # of a digest that is cut short


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a model in the registry, released by this program.

    Attributes:
        name: The model's.
        number: Later is higher.
        run_id: The run of the whole way that it belongs to.
        weights: sha256.
        recipe: Which taught it.
        data: Digest of the data that it was trained on.
        benchmark: Digest of the benchmark that it passed the gate with.
        protocol: Of that benchmark.
        verdict: The gate's outcome.
        released: When, milliseconds since 1970.
        aliases: That point to it.
        removed: When `restill gc` removed its files; empty while they are there.
        means: metric -> mean over all rows of that benchmark, six digits.
        cost: As in `Measurement`.
        device: As in `Measurement`.
    """

    name: str
    number: int
    run_id: str
    weights: str
    recipe: str = ""
    data: str = ""
    benchmark: str = ""
    protocol: str = ""
    verdict: str = ""
    released: int = 0
    aliases: tuple[str, ...] = ()
    removed: str = ""
    means: Mapping[str, float] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    device: str = ""

    @property
    def reference(self) -> str:
        """What people type: NAME/VERSION."""
        return f"{self.name}/{self.number}"

    @property
    def is_champion(self) -> bool:
        """Whether it is in service now."""
        return CHAMPION in self.aliases


@dataclass(frozen=True, slots=True)
class Way:
    """A run of the whole way.

    Attributes:
        run_id: Its id in MLflow.
        name: What people see.
        data: Digest of its data.
        commit: Of its code; empty outside git.
        dirty: Whether the code had changes that the commit does not hold.
        verdict: The gate's outcome; empty where the run did not come so far.
        params: Dotted names of all parameters -> values, as text.
        weights: label -> sha256 of what it trained or reused.
        means: label -> metric -> mean over all rows, of what it measured.
        folders: Work folders of its steps.
    """

    run_id: str
    name: str
    data: str = ""
    commit: str = ""
    dirty: bool = False
    verdict: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    means: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Model:
    """A trained network.

    Attributes:
        weights: sha256.
        label: What the station called it.
        data: Digest of the data that it was trained on; empty where nobody knows.
        teacher: sha256 of its teacher; empty without one.
        num_parameters: None where nobody knows.
        folder: Its work folder; empty when that is gone.
    """

    weights: str
    label: str
    data: str = ""
    teacher: str = ""
    num_parameters: int | None = None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Weights measured once on a benchmark.

    Attributes:
        weights: sha256.
        label: What the benchmark called the model.
        digest: Of the benchmark.
        protocol: Id of its protocol.
        suite: What people call its pictures; empty where nobody knows.
        means: metric -> mean over all rows.
        cost: `giga_macs`, `latency_ms`, ... -> value, as in `artifacts.Cost`; empty where nobody knows.
        device: That `latency_ms` was taken on.
        folder: Work folder with its rows; empty without.
        run_id: Run of the whole way with its rows; empty without.
    """

    weights: str
    label: str
    digest: str
    protocol: str = ""
    suite: str = ""
    means: Mapping[str, float] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    device: str = ""
    folder: str = ""
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Reign:
    """A version became the champion, as the ledger has it.

    Attributes:
        name: The model's.
        number: The version's.
        since: When, ISO 8601.
        entry: Which entry of the ledger says so.
        reason: Why.
    """

    name: str
    number: int
    since: str
    entry: str
    reason: str = ""


@dataclass(frozen=True)
class Archive:
    """All that was read.

    Attributes:
        versions: By model, then by number.
        ways: Run id -> run of the whole way.
        models: sha256 of the weights -> trained network.
        measurements: (weights, digest of the benchmark) -> measurement.
        suites: Digest of a benchmark -> digest of the data whose test pictures it has.
        reigns: Of all models, the oldest first.
    """

    versions: tuple[Version, ...] = ()
    ways: Mapping[str, Way] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    measurements: Mapping[tuple[str, str], Measurement] = field(default_factory=dict)
    suites: Mapping[str, str] = field(default_factory=dict)
    reigns: tuple[Reign, ...] = ()

    def version(self, reference: str) -> Version:
        """Find a released version; its files need not be there any more.

        Args:
            reference: NAME (its champion), NAME@ALIAS or NAME/VERSION.

        Raises:
            RegistryError: there is no such version; the message lists what there is.
        """
        match = re.fullmatch(r"([\w.-]+)(?:@([\w.-]+)|/(\d+))?", reference)
        if match is None:
            raise RegistryError(
                f"{reference!r}: expected NAME, NAME@ALIAS, NAME/VERSION or data:DIGEST"
            )
        name, number = match[1], match[3]
        ours = {str(version.number): version for version in self.versions if version.name == name}
        if not ours:
            raise RegistryError(_no_model(name, self.versions))
        aliases = {alias: version for version in ours.values() for alias in version.aliases}
        if number is None:
            return _one_of(aliases, match[2] or CHAMPION, f"{name}: no alias")
        return _one_of(ours, number, f"{name}: no version")

    def data(self, beginning: str) -> str:
        """Complete the digest of a data version that something was trained or tested on.

        Raises:
            VersionError: no digest, or several, begin so; the message lists what there is.
        """
        if len(beginning) < _FEWEST_LETTERS:
            raise VersionError(f"data:{beginning}: needs at least {_FEWEST_LETTERS} letters")
        known = {model.data for model in self.models.values()} | set(self.suites.values())
        known |= {way.data for way in self.ways.values()}
        found = [digest for digest in known if digest.startswith(beginning)]
        if len(found) != 1:
            raise VersionError(
                f"data:{beginning}: {len(found) or 'no'} data versions of past runs begin so "
                f"(there are: {_listed(sorted(found or known - {''}))})"
            )
        return found[0]

    def reigns_of(self, version: Version) -> tuple[Reign, ...]:
        """List when a version became the champion."""
        wanted = version.name, version.number
        return tuple(reign for reign in self.reigns if (reign.name, reign.number) == wanted)

    def measured(self, weights: str) -> tuple[Measurement, ...]:
        """List all measurements of some weights."""
        return tuple(m for m in self.measurements.values() if m.weights == weights)


def _no_model(name: str, versions: Iterable[Version]) -> str:
    names = sorted({version.name for version in versions})
    return f"no released model {name!r} (there are: {_listed(names)}){near(name, names)}"


def _one_of(versions: Mapping[str, Version], wanted: str, complaint: str) -> Version:
    if wanted not in versions:
        raise RegistryError(f"{complaint} {wanted!r} (there are: {_listed(versions)})")
    return versions[wanted]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
