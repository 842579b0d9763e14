"""Make a released student again from what its run recorded, and say how like the first it is.

The first one's run says what it was made of (`origin`); the same is put together in a folder of its own
(`rebuild`); and both students are compared (`likeness`).
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from components.parts import Strict
from components.reproduction import likeness, origin
from components.reproduction.likeness import Likeness
from components.reproduction.origin import Origin
from components.reproduction.rebuild import Rebuilt, rebuild
from components.reproduction.surroundings import THREADS, differences, surroundings
from components.store import Store, Workplace, write_atomically
from components.student import LABEL
from components.tracking import Tracking

FOLDER = ".restill/reproduce"
"""Within a checkout: the rebuilt trees, and a verdict as JSON beside each."""

Verdict = Literal["equal", "within tolerance", "differs"]


class Reproduction(Strict):
    """A verdict with all that it rests on."""

    reference: str = Field(description="what was asked for")
    run_id: str
    commit: str
    patched: bool = Field(description="whether the code had changes that were not committed")
    data_digest: str
    verdict: Verdict
    tolerance: float = Field(description="for weights and for restored pictures alike")
    weights: dict[str, str] = Field(description="teacher, student -> sha256; empty when not known")
    rebuilt: dict[str, str] = Field(description="the same of the rebuilt")
    likeness: Likeness | None = Field(
        description="None when the weights are equal, and when the first ones are gone"
    )
    surroundings: tuple[str, ...] = Field(strict=False, description="what is different by now")
    folder: str = Field(description="of the rebuilt tree; removed unless it differs or is kept")

    @property
    def summary(self) -> str:
        """The verdict in a few lines, with what it rests on."""
        code = f"{self.commit[:12]}{' and its patch' if self.patched else ''}"
        lines = [f"{self.reference}: run {self.run_id}, commit {code}, data {self.data_digest}"]
        lines += [f"  {line}" for line in self.surroundings]
        if self.weights["teacher"] not in {"", self.rebuilt["teacher"]}:
            lines.append("  the teacher differs already (sha256 of its weights)")
        return "\n".join((*lines, *_in_words(self)))


@dataclass(frozen=True, slots=True)
class Site:
    """Where to look, and where to build.

    Attributes:
        root: The checkout.
        workplace: Its pictures, and what its runs made.
        tracking: Its runs and releases.
    """

    root: Path
    workplace: Workplace
    tracking: Tracking


def reproduce(
    reference: str,
    site: Site,
    *,
    tolerance: float,
    keep: bool,
    say: Callable[[str], None],
) -> Reproduction:
    """Rebuild a student and compare it with the first one.

    Args:
        reference: NAME, NAME@ALIAS or NAME/VERSION of a release, or the id of a run.
        site: The checkout.
        tolerance: Up to here a difference of weights, and of restored pictures, is none.
        keep: Leave the rebuilt tree in its folder whatever the verdict.
        say: Told a line at a time how far the work is.

    Raises:
        RegistryError: MLflow failed, or holds no such release or run, or too little about it.
        VersionError: the commit, the patch or the version of the data cannot be had.
        TrainingError: the code of the commit failed.
        CheckpointError: the first weights are damaged.
    """
    first = origin.find(reference, site.tracking, site.workplace.store)
    made_of = first.ingredients
    home = site.root / FOLDER
    folder = home / f"{made_of.commit[:12]}-{first.run_id[:8]}"
    with Store(home).lock(folder.name):
        rebuilt = rebuild(made_of, folder, root=site.root, data=site.workplace.data, say=say)
        verdict, like = _judge(first, rebuilt, tolerance)
        done = Reproduction(
            reference=reference,
            run_id=first.run_id,
            commit=made_of.commit,
            patched=bool(made_of.patch),
            data_digest=made_of.data_digest,
            verdict=verdict,
            tolerance=tolerance,
            weights=first.weights,
            rebuilt=rebuilt.weights,
            likeness=like,
            surroundings=_changes(first, site.root),
            folder=str(folder),
        )
        write_atomically(home / f"{folder.name}.json", done.model_dump_json(indent=1).encode())
        if verdict != "differs" and not keep:
            shutil.rmtree(folder)
    return done


def _changes(first: Origin, root: Path) -> tuple[str, ...]:
    """Say what is different by now; threads are not, for the rebuilding had as many as then."""
    then = first.surroundings
    now = surroundings(root) | {name: then[name] for name in (THREADS,) if name in then}
    return differences(then, now)


def _judge(first: Origin, rebuilt: Rebuilt, tolerance: float) -> tuple[Verdict, Likeness | None]:
    if rebuilt.weights[LABEL] == first.weights[LABEL]:
        return "equal", None
    if first.folder is None:
        return "differs", None
    like = likeness.compare(first.folder, rebuilt.folder)
    return ("within tolerance" if like.within(tolerance) else "differs"), like


def _in_words(done: Reproduction) -> list[str]:
    if done.verdict == "equal":
        return [f"equal: the weights have sha256 {done.rebuilt[LABEL]}"]
    like = done.likeness
    if like is None:
        return ["differs: another sha256 of the weights; how much is not known, the first are gone"]
    largest = ", ".join(f"{name} {value:.3g}" for name, value in list(like.tensors.items())[:3])
    lines = [
        f"{done.verdict}, at {done.tolerance:g}",
        f"  weights: {len(like.tensors)} of {like.num_tensors} tensors differ: {largest or 'none'}",
    ]
    if like.pictures is None:
        lines.append(f"  pictures: not compared: {like.unrestored}")
    else:
        lines.append(
            f"  pictures: one restored by both differs by {like.pictures:.3g} of 1, PSNR {like.psnr_db:.2f} dB"
        )
    if done.verdict == "differs":
        lines.append(f"  the rebuilt tree is in {done.folder}")
    return lines
