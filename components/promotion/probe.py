"""What a clean process does with a release: load it, restore its golden pictures, compare.

Run by its path, where nothing of this project can be imported but the release's own copy; no module of
ours imports it. Says why in one line, on standard error, and ends with status 1 when something is wrong.
"""

import sys
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import numpy.typing as npt
from safetensors import safe_open

_HALF_A_LEVEL = 0.5 / 255  # of eight bits: what nobody sees; processors differ by far less

Pictures = npt.NDArray[np.float32]


def main(folder: Path) -> str:
    """Try a release; return what is wrong with it, empty when nothing is."""
    model = mlflow.pyfunc.load_model(str(folder))
    code = Path(str(sys.modules["components"].__file__))
    if not code.is_relative_to(folder):
        return f"the code came from {code}, not from the release"
    file = folder / "artifacts/golden.safetensors"
    if file.is_file():
        return _compare(model, file)
    lq = np.random.default_rng(0).random((1, 3, 23, 19), dtype=np.float32)
    return _fault(model.predict(lq), None)  # a release from before golden pictures


def _compare(model: Any, file: Path) -> str:
    """Restore every golden picture as it was restored when it was recorded."""
    with safe_open(file, framework="np") as golden:
        for name, tile in sorted(golden.metadata().items()):
            lq = golden.get_tensor(f"{name}.lq")
            restored = _tiled(model, lq, int(tile)) if int(tile) else model.predict(lq)
            fault = _fault(restored, golden.get_tensor(f"{name}.restored"))
            if fault:
                return f"golden picture {name!r}: {fault}"
    return ""


def _tiled(model: Any, lq: Pictures, tile: int) -> Pictures:
    """Restore as `restill restore` does, which the signature of the model has no word for."""
    import torch  # noqa: PLC0415 - as all that follows, from where the release lets it come

    from components.inference import restore  # noqa: PLC0415 - the release's own copy

    ours = model.unwrap_python_model()
    given = restore(ours.network, torch.from_numpy(lq).to(ours.device), tile=tile)
    restored: Pictures = given.clamp(0, 1).cpu().numpy()
    return restored


def _fault(restored: Pictures, expected: Pictures | None) -> str:
    if not np.isfinite(restored).all():
        return "a restored picture holds values that are not finite"
    if expected is None:
        return ""
    if restored.shape != expected.shape:
        return f"came back as {restored.shape}, not {expected.shape}"
    largest = float(np.abs(restored - expected).max())
    if largest > _HALF_A_LEVEL:
        return f"differs by {largest:.4g} from when it was made, at most {_HALF_A_LEVEL:.4g} may be"
    return ""


if __name__ == "__main__":
    fault = main(Path(sys.argv[1]).resolve())
    sys.exit(fault or 0)
