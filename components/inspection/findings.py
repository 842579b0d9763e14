"""What a check of a set of pictures found: records for machines, lines for people."""

from collections.abc import Iterator

from pydantic import Field

from components.parts import Strict
from components.sources import Split


class Flaw(Strict):
    """A file or folder that breaks a rule."""

    path: str
    rule: str


class Use(Strict):
    """A picture, and what its set uses it for."""

    path: str
    split: Split


class Repetition(Strict):
    """Two files that show the same picture."""

    first: Use
    second: Use
    likeness: float = Field(description="1 for equal content; for the rest as `duplicates` says")
    equal: bool = Field(description="size and samples are the same")

    def __str__(self) -> str:
        how = "the same content" if self.equal else f"the same picture ({self.likeness:.3f})"
        first, second = (f"{use.path} ({use.split})" for use in (self.first, self.second))
        return f"{first} and {second} are {how}"


class Findings(Strict):
    """All that a check found."""

    folder: str
    counts: dict[Split, int] = Field(description="split -> pictures, or pairs, that fit the layout")
    fits: tuple[str, ...] = Field(description="known releases that have these counts")
    num_read: int = Field(description="files decoded, those of other sets too")
    flaws: tuple[Flaw, ...] = Field(description="of files, folders and counts; wrong")
    leaks: tuple[Repetition, ...] = Field(description="across splits; wrong")
    repeated: tuple[Repetition, ...] = Field(
        description="equal, in one split, without mates of their own; wrong"
    )
    alike: tuple[Repetition, ...] = Field(description="all others; to be known, not wrong")

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.flaws or self.leaks or self.repeated)

    def lines(self) -> Iterator[str]:
        """Yield the report for people, a finding a line."""
        counts = ", ".join(f"{count} {split}" for split, count in self.counts.items())
        yield f"{self.folder}: {counts or 'no picture'}; {self.num_read} files read"
        yield from (f"fits: {note}" for note in self.fits)
        yield from (f"fault: {flaw.path}: {flaw.rule}" for flaw in self.flaws)
        yield from (f"leak: {pair}" for pair in self.leaks)
        yield from (f"repeated: {pair}" for pair in self.repeated)
        yield from (f"alike: {pair}" for pair in self.alike)
        yield (
            "nothing is wrong"
            if self.clean
            else f"wrong: faults {len(self.flaws)}, leaks {len(self.leaks)}, "
            f"repeated {len(self.repeated)}"
        )
