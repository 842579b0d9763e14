"""A finished measurement with its rows: written as JSON, read again, and compared with another."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from components.artifacts import BenchmarkReport
from components.errors import ProtocolError
from components.reporting import comparison
from components.reporting.comparison import Comparison

_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@dataclass(frozen=True, slots=True)
class Result:
    """A report and its rows.

    Attributes:
        report: The station's record.
        rows: A line a picture and slice, as `benchmark.read_table` gives them.
    """

    report: BenchmarkReport
    rows: pd.DataFrame

    @property
    def complete(self) -> bool:
        """Whether every row is there that the suite should have."""
        return self.report.expected_images in {None, self.report.num_images}

    @property
    def clipped_share(self) -> float:
        """Share of the restored values that left [0, 1]."""
        num_values = 3 * int((self.rows["width"] * self.rows["height"]).sum())
        return self.report.num_clipped / num_values


def compare(ours: Result, theirs: Result) -> Comparison:
    """Say how much better one model is than another, in dB, paired by picture and slice.

    Raises:
        ProtocolError: they were measured on different benchmarks.
    """
    mine, other = ours.report, theirs.report
    if mine.benchmark_digest != other.benchmark_digest:
        raise ProtocolError(
            f"{mine.label} was measured on benchmark {mine.benchmark_digest[:12]} "
            f"({mine.protocol}, {mine.num_images} rows), {other.label} on "
            f"{other.benchmark_digest[:12]} ({other.protocol}, {other.num_images} rows): pictures, "
            "damage, protocol or code differ, so their difference would mean nothing"
        )
    return comparison.compare(comparison.pair(ours.rows, theirs.rows))


def as_json(
    suite: str,
    result: Result,
    references: list[Result],
    difference: tuple[str, Comparison] | None = None,
) -> str:
    """Write a measurement out in full.

    Args:
        suite: What the user called the pictures.
        result: Of the model.
        references: Of the models that stand beside it.
        difference: Name of the model that it is compared with, and the comparison.

    Returns:
        One JSON object. Numbers that are none of JSON's are the strings Infinity, -Infinity, NaN.
    """
    content = {
        "suite": suite,
        **_content(result),
        "references": [_content(reference) for reference in references],
    }
    if difference is not None:
        content["against"] = {"model": difference[0], **asdict(difference[1])}
    return json.dumps(_plain(content), indent=1, ensure_ascii=False)


def read_json(file: Path) -> Result:
    """Read a measurement that `as_json` wrote.

    Raises:
        ProtocolError: the file is missing, or holds something else.
    """
    try:
        content = _with_numbers(json.loads(file.read_text()))
        report = BenchmarkReport.model_validate_json(json.dumps(content["report"]))
        rows = pd.DataFrame(content["rows"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        reason = getattr(error, "strerror", None) or "it was not written by `restill benchmark`"
        raise ProtocolError(f"{file}: cannot be read as a measurement: {reason}") from error
    return Result(report, rows)


def _content(result: Result) -> dict[str, Any]:
    return {
        "report": json.loads(result.report.model_dump_json()),
        "complete": result.complete,
        "clipped_share": result.clipped_share,
        "rows": result.rows.to_dict("records"),
    }


def _plain(value: Any) -> Any:
    """Turn floats that JSON lacks into words."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return next(word for word, number in _WORDS.items() if str(number) == str(value))
    return value


def _with_numbers(value: Any) -> Any:
    """Turn the words back."""
    if isinstance(value, dict):
        return {key: _with_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item) for item in value]
    return _WORDS.get(value, value) if isinstance(value, str) else value
