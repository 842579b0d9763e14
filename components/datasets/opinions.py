"""What people said of pictures: lists with the name of a picture and its score on each line."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from components.datasets.layout import Fault


@dataclass(frozen=True, slots=True)
class Opinions:
    """Scores by the names of pictures, in lower case, and what is wrong with their lists."""

    scores: dict[str, float]
    faults: tuple[Fault, ...]


def read_opinions(files: Iterable[Path], line: str, *, skip: int = 0) -> Opinions:
    r"""Read lists of scores.

    Args:
        files: The lists, UTF-8 text.
        line: Regular expression of a line, with the groups `name` and `score`.
        skip: Lines at the head of each list that are no scores.

    Returns:
        All scores, also those of lists with faults: a list that cannot be read, a line that does not
        fit, a score that is no finite number, a name that is scored twice.
    """
    scores: dict[str, float] = {}
    faults = []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            faults.append(Fault(file, f"the list of scores cannot be read: {why}"))
            continue
        for number, text in enumerate(lines[skip:], start=skip + 1):
            if not text.strip():
                continue
            match = re.fullmatch(line, text.strip())
            score = _finite(match["score"]) if match else None
            if match is None or score is None:
                faults.append(Fault(file, f"line {number} is no name with its score: {text!r}"))
            elif scores.setdefault(match["name"].lower(), score) != score:
                faults.append(Fault(file, f"line {number} scores {match['name']} a second time"))
    return Opinions(scores, tuple(faults))


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
