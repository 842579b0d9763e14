"""`restill import`: weights that others trained become a checkpoint of ours."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.terminal import enter, say


def import_(
    file: Annotated[Path, typer.Argument(help="Weights in their authors' layout.")],
    model: Annotated[
        str, typer.Option("--as", help="MODEL or MODEL:PRESET, as in `restill parts`.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the checkpoint, new.")],
) -> None:
    """Turn an official state dict into a checkpoint that `restill benchmark` takes."""
    enter()
    from components import foreign_weights

    params = foreign_weights.model_of(model)
    digest = foreign_weights.import_weights(file, params, output)
    say(f"{file} -> {output} ({params.name}, weights sha256 {digest[:12]})")
