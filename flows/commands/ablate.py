"""`restill ablate`: what each part of a recipe gives, with intervals over seeds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.commands.terminal import enter, out, say, start_server

if TYPE_CHECKING:
    from components.ablation import Effect
    from flows.ablate_recipe import Ablation


def ablate(
    recipe: Annotated[str, typer.Argument(help="A block of params.yaml; empty: its choice.")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="How many; more narrow the intervals.")] = 3,
    first: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    params: Annotated[
        Path | None, typer.Option(help="Parameter file; default: the checkout's params.yaml.")
    ] = None,
) -> None:
    """Train a recipe's own variants at several seeds, and compare them with its control."""
    checkout = enter()
    from components.config import load_params

    settings = load_params(params or checkout.params, recipe=recipe)
    from flows.ablate_recipe import ablate_recipe
    from flows.display import say_errors_once

    say_errors_once()
    start_server()
    _print(ablate_recipe(settings, checkout, range(first, first + seeds)))


def _print(found: "Ablation") -> None:
    """Print a line a variant, and the file with all rows."""
    control, *_ = found.effects
    say(
        f"{found.recipe}, {found.protocol}, {control.seeds} seeds; differences to {control.label!r}"
    )
    table = Table()
    for column in ("variant", "PSNR, dB", "difference", "95 % over seeds", "better at"):
        table.add_column(column, justify="left" if column == "variant" else "right")
    for label, mean in found.references.items():
        table.add_row(label, f"{mean:.3f}", "", "", "")
    for effect in found.effects:
        table.add_row(effect.label, f"{effect.mean:.3f}", *_difference(effect, control))
    out.print(table)
    say(f"every row: {found.table}")


def _difference(effect: "Effect", control: "Effect") -> tuple[str, str, str]:
    if effect is control:
        return "", "", ""
    low_high = effect.interval
    span = f"[{low_high[0]:+.3f}, {low_high[1]:+.3f}]" if low_high else "needs two seeds"
    return f"{effect.gain:+.3f}", span, f"{effect.wins} of {effect.seeds}"
