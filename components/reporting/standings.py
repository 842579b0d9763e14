"""The leaderboard of all versions as plain facts: a row a version, columns by benchmark."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from components.errors import StoreError

GAIN = "gain_db"
"""Column of the gain by distillation."""

_LATENCY = "latency_ms"
_SHORT = 12  # letters of a digest that tell benchmarks apart in the name of a column


@dataclass(frozen=True, slots=True)
class Value:
    """A mean, with the 95 % interval of it; None where it cannot be had."""

    mean: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A benchmark that versions were measured on; its numbers compare with no other's.

    Attributes:
        digest: Of pictures, damage, protocol and code.
        protocol: Id of the protocol.
        suite: What people call its pictures; empty where nobody knows.
        metrics: The columns, in the protocol's order.
        data: Digest of the data version whose test pictures it has; empty for other pictures.
    """

    digest: str
    protocol: str
    suite: str
    metrics: tuple[str, ...]
    data: str = ""

    @property
    def short(self) -> str:
        """Enough of the digest to tell it apart."""
        return self.digest[:_SHORT]

    @property
    def title(self) -> str:
        """What people see."""
        return f"{self.suite or 'benchmark'} {self.short}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A version.

    Attributes:
        reference: NAME/VERSION.
        weights: sha256.
        recipe: Which taught it.
        data: Digest of the data that it was trained on.
        released: Day, ISO 8601.
        aliases: That point to it.
        reigned: Days on which it became the champion, ISO 8601; as the ledger has it.
        values: Digest of a board -> metric -> value, where it was measured.
        gains: Digest of a board -> gain in PSNR over the same student without its teacher.
        cost: `num_parameters`, `giga_macs`, `latency_ms`, ... -> value, where it is known.
        device: That `latency_ms` was taken on.
    """

    reference: str
    weights: str
    recipe: str = ""
    data: str = ""
    released: str = ""
    aliases: tuple[str, ...] = ()
    reigned: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    gains: Mapping[str, Value] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    device: str = ""

    def value(self, board: Board, metric: str) -> Value | None:
        """Return what a version reached; `GAIN` is a metric here."""
        if metric == GAIN:
            return self.gains.get(board.digest)
        return self.values.get(board.digest, {}).get(metric)

    def latency_on(self, device: str) -> float | None:
        """Milliseconds per megapixel of output on a device; None where it was not timed there."""
        return self.cost.get(_LATENCY) if self.device == device else None


@dataclass(frozen=True, slots=True)
class Standings:
    """The leaderboard.

    Attributes:
        boards: The benchmarks, that of the newest version first.
        rows: The best of the first board first.
        left_out: Older benchmarks that were not asked for.
    """

    boards: tuple[Board, ...] = ()
    rows: tuple[Standing, ...] = ()
    left_out: int = 0

    @property
    def devices(self) -> tuple[str, ...]:
        """Devices that latencies were taken on; those of different devices do not compare."""
        return tuple(dict.fromkeys(row.device for row in self.rows if row.device))

    def table(self) -> pd.DataFrame:
        """Lay all out for a Parquet file.

        Returns:
            A row a version. A metric's column is `<metric>@<12 letters of the digest>`, its interval
            in `....low` and `....high`; `attrs["boards"]` says which benchmark that is.
        """
        table = pd.DataFrame([self._flat(row) for row in self.rows])
        table.attrs["boards"] = {
            board.short: {
                "digest": board.digest,
                "protocol": board.protocol,
                "suite": board.suite,
                "data": board.data,
            }
            for board in self.boards
        }
        return table

    def write(self, file: Path) -> None:
        """Write `table` as Parquet.

        Raises:
            StoreError: the file cannot be written.
        """
        try:
            self.table().to_parquet(file, index=False)
        except OSError as error:
            raise StoreError(f"{file}: cannot be written: {error.strerror or error}") from error

    @property
    def _costs(self) -> list[str]:
        """What is known of any version's cost, but for the time, which depends on the device."""
        names = dict.fromkeys(name for row in self.rows for name in row.cost)
        return [name for name in names if name != _LATENCY]

    def _flat(self, row: Standing) -> dict[str, object]:
        model, _, number = row.reference.partition("/")
        flat: dict[str, object] = {
            "model": model,
            "version": int(number),
            "aliases": ", ".join(row.aliases),
            "reigned": ", ".join(row.reigned),
            "released": row.released,
            "recipe": row.recipe,
            "data": row.data,
            "weights_sha256": row.weights,
            **{name: row.cost.get(name) for name in self._costs},
            **{f"latency_ms on {device}": row.latency_on(device) for device in self.devices},
        }
        for board in self.boards:
            for metric in (*board.metrics, GAIN):
                value = row.value(board, metric)
                low, high = (value and value.interval) or (None, None)
                column = f"{metric}@{board.short}"
                flat |= {column: value and value.mean, f"{column}.low": low, f"{column}.high": high}
        return flat
