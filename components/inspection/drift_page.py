"""The page of a drift: one HTML file that needs nothing beside itself."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.errors import StoreError
from components.inspection.drift import Drift, Shift
from components.store import write_atomically

TEMPLATE = "drift.html.j2"

UNITS = {
    "width": "pixels",
    "height": "pixels",
    "mean_luma": "levels of 255",
    "contrast": "levels of 255",
    "sharpness": "levels squared",
    "noise": "levels of 255",
    "jpeg_quality": "1 to 100",
}

_WIDTH, _HEIGHT = 300, 100  # of a plot, in the SVG's own units


@dataclass(frozen=True, slots=True)
class Plot:
    """Two histograms over one axis.

    Attributes:
        shift: What is drawn.
        paths: Outlines before and after, as SVG path data; the taller reaches the top.
    """

    shift: Shift
    paths: tuple[str, str]


def write(file: Path, drift: Drift) -> None:
    """Write the page, whole or not at all.

    Raises:
        StoreError: the file cannot be written.
    """
    try:
        write_atomically(file, render(drift).encode())
    except OSError as error:
        raise StoreError(f"{file}: cannot be written: {error.strerror}") from error


def render(drift: Drift) -> str:
    """Lay out the page: a whole HTML document, all text escaped, no script."""
    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader([here, here.parent]),  # the run's page and this one share a style
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plots = [plot_of(shift) for shift in drift.shifts if shift.medians is not None]
    return environment.get_template(TEMPLATE).render(
        drift=drift, plots=plots, units=UNITS, width=_WIDTH, height=_HEIGHT
    )


def plot_of(shift: Shift) -> Plot:
    """Draw both histograms of a descriptor that both versions have."""
    top = max(max(side) for side in shift.shares)
    before, after = ([share / top for share in side] for side in shift.shares)
    return Plot(shift, (_outline(before), _outline(after)))


def _outline(heights: list[float]) -> str:
    """Write a histogram's outline, from the axis up and back to it.

    Args:
        heights: Of the bins, 0 to 1.

    Example:
        >>> _outline([0.5, 1.0])
        'M0,100V50.0H150.0V0.0H300.0V100'
    """
    step = _WIDTH / len(heights)
    stairs = "".join(
        f"V{_HEIGHT * (1 - height):.1f}H{step * number:.1f}"
        for number, height in enumerate(heights, start=1)
    )
    return f"M0,{_HEIGHT}{stairs}V{_HEIGHT}"
