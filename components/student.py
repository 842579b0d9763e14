"""Station 3, student: distil the teacher into the network that ships, and train it alone to compare."""

from pathlib import Path

from components import parts
from components.artifacts import Checkpoint, Manifest, Progress, no_progress
from components.config import RecipeParams
from components.keys import Key, make_key, parts_of
from components.models import RestorationModel
from components.recipes import Batch, Recipe, Terms
from components.store import Outcome, Workplace
from components.training import checkpoint
from components.training.session import Session, new_network, train

LABEL = "student"
ALONE = "student alone"
"""The same network, pairs, steps and seed, without a teacher."""


def key_of(
    manifest: Manifest, teacher: Checkpoint | None, params: RecipeParams, *, seed: int
) -> Key:
    """Name the student that `distil_student` gives for the same arguments."""
    recipe: Recipe = parts.build("recipes", params)
    unread = {"teacher", "benchmark"}
    return make_key(
        "student",
        parts=parts_of(params, recipe.student_params(), unread=unread),
        parameters={"seed": seed, "recipe": params.model_dump(mode="json", exclude=unread)},
        inputs={"dataset": manifest.rows_digest, "teacher": teacher.sha256 if teacher else ""},
    )


def distil_student(
    manifest: Manifest,
    teacher: Checkpoint | None,
    params: RecipeParams,
    *,
    seed: int,
    workplace: Workplace,
    progress: Progress = no_progress,
) -> Outcome[Checkpoint]:
    """Train the recipe's student, with a teacher or alone.

    Args:
        manifest: Station 1's record.
        teacher: Station 2's record; None for the same student without distillation.
        params: The recipe's block.
        seed: Of weights, pairs and their order: the same with and without a teacher.
        workplace: Where pictures are and results go.
        progress: Told every step.

    Raises:
        TrainingError: the loss is not finite, or there is no patch to train on.
        PictureError: a picture is smaller than the patch.
        CheckpointError: the teacher's weights are damaged.
    """
    recipe: Recipe = parts.build("recipes", params)
    model = recipe.student_params()

    def make(folder: Path) -> Checkpoint:
        network = new_network(model, seed=seed)
        guide: RestorationModel | None = None
        if teacher is not None:
            guide = checkpoint.load(workplace.store.root / teacher.folder)
            recipe.inherit(network, guide)

        def terms(batch: Batch) -> Terms:
            return recipe.student_terms(network, guide, batch)

        label = LABEL if teacher else ALONE
        session = Session(label, params, params.student, manifest, seed, workplace, recipe)
        return train(session, network, terms, model=model, folder=folder, progress=progress)

    return workplace.store.once(key_of(manifest, teacher, params, seed=seed), Checkpoint, make)
