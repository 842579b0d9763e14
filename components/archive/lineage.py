"""Lineage both ways: what a version was made from, and what became of a data version."""

from dataclasses import dataclass

from components.archive.records import Archive, Measurement, Model, Reign, Version, Way


@dataclass(frozen=True, slots=True)
class Ancestry:
    """What a version was made from, measured on, and made the champion by.

    Attributes:
        version: The version.
        way: Its run; None when MLflow has it no longer.
        student: Its network.
        teacher: Who taught it; None for a student without one.
        measurements: Of its weights, that of the gate first.
        reigns: When it became the champion.
    """

    version: Version
    way: Way | None
    student: Model
    teacher: Model | None
    measurements: tuple[Measurement, ...]
    reigns: tuple[Reign, ...]

    @property
    def data(self) -> str:
        """Digest of the data."""
        return self.version.data or self.student.data


@dataclass(frozen=True, slots=True)
class Member:
    """A network that was trained or tested on a data version.

    Attributes:
        model: The network.
        trained: Whether it was trained on it.
        tested: Whether it was measured on its test pictures.
        versions: That hold its weights.
    """

    model: Model
    trained: bool
    tested: bool
    versions: tuple[Version, ...]

    @property
    def live(self) -> tuple[Version, ...]:
        """The versions that an alias points to."""
        return tuple(version for version in self.versions if version.aliases)


@dataclass(frozen=True, slots=True)
class Descent:
    """What became of a data version; teachers stand before their students."""

    data: str
    members: tuple[Member, ...]


def ancestry(archive: Archive, reference: str) -> Ancestry:
    """Follow a version back to data, code and teacher.

    Args:
        archive: What is known.
        reference: As for `Archive.version`.

    Raises:
        RegistryError: there is no such version.
    """
    version = archive.version(reference)
    student = archive.models[version.weights]
    measured = archive.measured(version.weights)
    return Ancestry(
        version=version,
        way=archive.ways.get(version.run_id),
        student=student,
        teacher=archive.models.get(student.teacher),
        measurements=tuple(sorted(measured, key=lambda one: one.digest != version.benchmark)),
        reigns=archive.reigns_of(version),
    )


def descent(archive: Archive, digest: str) -> Descent:
    """Find every network that was trained or tested on a data version.

    Args:
        archive: What is known.
        digest: Of the data, or at least four letters of its beginning.

    Raises:
        VersionError: no past run, or more than one data version, fits.
    """
    data = archive.data(digest)
    tested = _tested_on(archive, data)
    members = tuple(
        Member(
            model=model,
            trained=model.data == data,
            tested=model.weights in tested,
            versions=tuple(v for v in archive.versions if v.weights == model.weights),
        )
        for model in sorted(
            archive.models.values(), key=lambda one: (_depth(one, archive), one.label)
        )
        if model.data == data or model.weights in tested
    )
    return Descent(data, members)


def _tested_on(archive: Archive, data: str) -> set[str]:
    """Digests of weights that were measured on the test pictures of a data version."""
    by_benchmark = {
        one.weights
        for one in archive.measurements.values()
        if archive.suites.get(one.digest) == data
    }
    by_run = {
        weights
        for way in archive.ways.values()
        for label, weights in way.weights.items()
        if way.data == data and label in way.means
    }
    return by_benchmark | by_run


def _depth(model: Model, archive: Archive) -> int:
    """Count the teachers above a network."""
    teacher = archive.models.get(model.teacher)
    return 0 if teacher is None else 1 + _depth(teacher, archive)
