"""Station 3, student: distil the teacher into the network that ships, and train it alone to compare."""

from dataclasses import dataclass
from pathlib import Path

from components import parts
from components.artifacts import Checkpoint, Manifest, Progress, no_progress
from components.config import RecipeParams
from components.keys import Key, make_key, parts_of
from components.models import Network
from components.recipes import Batch, Recipe, Terms
from components.store import Outcome, Workplace
from components.training import checkpoint
from components.training.session import Session, new_restorer, train

LABEL = "student"
ALONE = "student alone"
"""The same network, pairs, steps and seed, without a teacher."""


def key_of(
    manifest: Manifest,
    teacher: Checkpoint | None,
    params: RecipeParams,
    *,
    seed: int,
    taught: bool = True,
) -> Key:
    """Name the student that `distil_student`, or not taught `train_alone`, gives.

    The teacher may be None where the student alone inherits nothing.
    """
    recipe: Recipe = parts.build("recipes", params)
    unread = {"data", "teacher", "teacher_degradation", "benchmark"}
    unread |= params.taught_only if not taught else set()
    uses_teacher = taught or recipe.alone_inherits
    return make_key(
        "student",
        parts=parts_of(params, recipe.student_params(), unread=unread),
        parameters={
            "seed": seed,
            "taught": taught,
            "recipe": params.model_dump(mode="json", exclude=unread),
        },
        inputs={
            "dataset": manifest.rows_digest,
            "teacher": teacher.sha256 if teacher and uses_teacher else "",
        },
    )


def distil_student(
    manifest: Manifest,
    teacher: Checkpoint,
    params: RecipeParams,
    *,
    seed: int,
    workplace: Workplace,
    progress: Progress = no_progress,
) -> Outcome[Checkpoint]:
    """Train the recipe's student with its teacher.

    Args:
        manifest: Station 1's record.
        teacher: Station 2's record.
        params: The recipe's block.
        seed: Of weights, pairs and their order: the same with and without a teacher.
        workplace: Where pictures are and results go.
        progress: Told every step.

    Raises:
        TrainingError: the loss is not finite, or there is no patch to train on.
        PictureError: a picture is smaller than the patch.
        PairError: a picture lacks the degraded mate that is asked for, or the mate does not fit.
        CheckpointError: the teacher's weights are damaged.
    """
    task = _Task(manifest, teacher, params, seed, taught=True)
    return task.done(workplace, progress)


def train_alone(
    manifest: Manifest,
    teacher: Checkpoint,
    params: RecipeParams,
    *,
    seed: int,
    workplace: Workplace,
    progress: Progress = no_progress,
) -> Outcome[Checkpoint]:
    """Train the same student without distillation; arguments and errors are `distil_student`'s.

    The teacher is read only where the recipe says that the student alone inherits from it.
    """
    task = _Task(manifest, teacher, params, seed, taught=False)
    return task.done(workplace, progress)


@dataclass(frozen=True, slots=True)
class _Task:
    """One student to train."""

    manifest: Manifest
    teacher: Checkpoint
    params: RecipeParams
    seed: int
    taught: bool

    def done(self, workplace: Workplace, progress: Progress) -> Outcome[Checkpoint]:
        """Train it, unless it is there."""
        recipe: Recipe = parts.build("recipes", self.params)
        model = recipe.student_params()

        def make(folder: Path) -> Checkpoint:
            network = new_restorer(model, seed=self.seed)
            guide: Network | None = None
            if self.taught or recipe.alone_inherits:
                teacher = checkpoint.load_network(workplace.store.root / self.teacher.folder)
                guide = teacher if self.taught else None
                (recipe.inherit if self.taught else recipe.inherit_alone)(network, teacher)

            def terms(batch: Batch) -> Terms:
                return recipe.student_terms(network, guide, batch)

            session = self._session(recipe, workplace)
            return train(session, network, terms, model=model, folder=folder, progress=progress)

        key = key_of(self.manifest, self.teacher, self.params, seed=self.seed, taught=self.taught)
        return workplace.store.once(key, Checkpoint, make)

    def _session(self, recipe: Recipe, workplace: Workplace) -> Session:
        return Session(
            LABEL if self.taught else ALONE,
            self.params,
            self.params.student,
            self.manifest,
            self.seed,
            workplace,
            recipe,
            degradation=self.params.degradation,
        )
