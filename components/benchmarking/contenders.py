"""Who is measured: a checkpoint, a part that needs no weights, or a function of the user's own."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from components import parts
from components.artifacts import Checkpoint
from components.cost import num_parameters
from components.errors import CheckpointError, PartError
from components.keys import parts_of
from components.models import RestorationModel, function
from components.parts import PartParams
from components.store import Workplace
from components.training import checkpoint


@dataclass(frozen=True, slots=True)
class Contender:
    """A model that is measured: a checkpoint, or a part that needs no weights.

    Attributes:
        label: What tables call it.
        model: Parameters of its part in the bin `models`.
        folder: Of its checkpoint; None without weights.
        sha256: Of its weights; empty without.
        once: Another word for every entry where results must not be reused; empty elsewhere.
    """

    label: str
    model: PartParams
    folder: Path | None = None
    sha256: str = ""
    once: str = ""

    @property
    def modules(self) -> list[str]:
        """The modules that its results depend on, for their key."""
        own = [self.model.target.partition(":")[0]] if _is_function(self.model) else []
        return [*parts_of(self.model), *own]

    @property
    def network(self) -> RestorationModel:
        """The model, in evaluation mode, on the CPU.

        Raises:
            CheckpointError: the weights are damaged, missing, or needed and not there.
            PartError: a function's module or name is not there.
        """
        if self.folder is not None:
            return checkpoint.load(self.folder)
        network: RestorationModel = parts.build("models", self.model)
        if num_parameters(network) and not _is_function(self.model):
            raise CheckpointError(f"{self.label}: {self.model.name} has to be trained first")
        return network.eval().requires_grad_(False)  # noqa: FBT003 - torch's signature


def contender(record: Checkpoint, workplace: Workplace) -> Contender:
    """Enter a station's checkpoint."""
    model = parts.parse("models", record.model)
    return Contender(record.label, model, workplace.store.root / record.folder, record.sha256)


def contender_from(label: str, folder: Path) -> Contender:
    """Enter a checkpoint folder from anywhere.

    Raises:
        CheckpointError: the folder is no checkpoint.
    """
    about = checkpoint.read_about(folder)
    try:
        model = parts.configure("models", about["model"])
    except PartError as error:
        raise CheckpointError(f"{folder}: {error}") from error
    return Contender(label, model, folder, about["weights_sha256"])


def reference(name: str, scale: int) -> Contender:
    """Enter a part of the bin `models` by its name, at a scale where it has one.

    Raises:
        PartError: there is no such part.
    """
    params = parts.load("models", name).Params
    scaled = {"scale": scale} if "scale" in params.model_fields else {}
    return Contender(name, parts.configure("models", {"name": name, **scaled}))


def callable_contender(target: str, scale: int) -> Contender:
    """Enter a function `module:function`; see components/models/function.py for what it must do.

    What it reads besides its own source is not known, so it is measured anew each time.

    Raises:
        PartError: the words are not of that form, or there is no such function.
    """
    params = parts.configure("models", {"name": "function", "target": target, "scale": scale})
    parts.build("models", params)
    return Contender(target, params, once=uuid.uuid4().hex)


def _is_function(model: PartParams) -> TypeGuard[function.Params]:
    return isinstance(model, function.Params)
