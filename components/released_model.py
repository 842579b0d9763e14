"""What MLflow runs to load a released version: a checkpoint in, restored pictures out.

MLflow stores this file with every version and runs it by its path, where nothing of this project can be
imported but the copy of `components` that travels with the version. No module of ours imports it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from components.inference import restore
from components.training import checkpoint


class ReleasedModel(PythonModel):
    """A checkpoint as an MLflow model; it uses a GPU where there is one."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the checkpoint folder that the version holds.

        Raises:
            CheckpointError: a file is missing or damaged.
        """
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.network = checkpoint.load(Path(context.artifacts["checkpoint"])).to(self.device)

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow's signature
        model_input: np.ndarray,  # bare: MLflow warns of what it cannot turn into a signature
        params: dict[str, Any] | None = None,  # noqa: ARG002 - MLflow's signature
    ) -> npt.NDArray[np.float32]:
        """Restore images of any size.

        Args:
            context: Not used.
            model_input: (B, 3, h, w) float32, RGB in [0, 1].
            params: Not used.

        Returns:
            (B, 3, h * scale, w * scale) float32, RGB clipped to [0, 1].
        """
        lq = torch.from_numpy(model_input).to(self.device)
        restored: npt.NDArray[np.float32] = restore(self.network, lq).clamp(0, 1).cpu().numpy()
        return restored


set_model(ReleasedModel())
