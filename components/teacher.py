"""Station 2, teacher: train the network that will teach."""

from pathlib import Path

from components import parts
from components.artifacts import Checkpoint, Manifest, Progress, no_progress
from components.config import RecipeParams
from components.keys import Key, make_key, parts_of
from components.recipes import Batch, Recipe, Terms
from components.store import Outcome, Workplace
from components.training.loader import check_material
from components.training.session import Session, new_network, train

LABEL = "teacher"


def key_of(manifest: Manifest, params: RecipeParams, *, seed: int) -> Key:
    """Name the teacher that `train_teacher` gives for the same arguments."""
    recipe: Recipe = parts.build("recipes", params)
    unread = {"data", "student", "benchmark", *params.student_only}
    return make_key(
        "teacher",
        parts=parts_of(params, recipe.teacher_params(), unread=unread),
        parameters={"seed": seed, "recipe": params.model_dump(mode="json", exclude=unread)},
        inputs={"dataset": manifest.rows_digest},
    )


def train_teacher(
    manifest: Manifest,
    params: RecipeParams,
    *,
    seed: int,
    workplace: Workplace,
    progress: Progress = no_progress,
) -> Outcome[Checkpoint]:
    """Train the recipe's teacher on the training pictures.

    Args:
        manifest: Station 1's record.
        params: The recipe's block.
        seed: Of weights, patches, and degradations.
        workplace: Where pictures are and results go.
        progress: Told every step.

    Raises:
        TrainingError: the loss is not finite, or there is no patch to train on.
        PictureError: a picture is smaller than the patch of teacher or student.
        PairError: a picture lacks the degraded mate that is asked for, or the mate does not fit.
    """
    check_material(
        manifest,
        workplace,
        [params.teacher.patch, params.student.patch],
        mates=params.degradation is None,
    )
    recipe: Recipe = parts.build("recipes", params)
    model = recipe.teacher_params()

    def make(folder: Path) -> Checkpoint:
        network = new_network(model, seed=seed)

        def terms(batch: Batch) -> Terms:
            return recipe.teacher_terms(network, batch)

        session = Session(
            LABEL,
            params,
            params.teacher,
            manifest,
            seed,
            workplace,
            recipe,
            degradation=params.teacher_degradation or params.degradation,
            score=recipe.teacher_score,
        )
        return train(session, network, terms, model=model, folder=folder, progress=progress)

    return workplace.store.once(key_of(manifest, params, seed=seed), Checkpoint, make)
