"""Every error this project raises on purpose.

RestorationError
    ConfigError        params.yaml says something impossible
    PartError          a part of a bin cannot be found or built
    PictureError       a file is not a picture that can be used
    DatasetError       a data folder does not hold what its layout promises
    VersionError       DVC could not say, or could not record, which version data/ is
    PairError          two images, or lists of numbers, that must match do not
    ProtocolError      two benchmark reports cannot be compared
    CheckpointError    weights on disk are missing, damaged or of another network
    TrainingError      a loss left the numbers, or a batch cannot be made
    StoreError         a work folder cannot be read or written
    RegistryError      the model registry did not answer, or does not hold what was asked for
        StaleChampion  another model became the champion since a candidate was judged
        LedgerError    the record of who was champion was changed, or contradicts the registry
    ServerError        the server that orders the work cannot be reached
"""


class RestorationError(Exception):
    """Base of all errors raised on purpose; the command line prints it as one line, status 2."""


class ConfigError(RestorationError):
    """A parameter file is wrong; the message names file, key and rule."""


class PartError(RestorationError):
    """A part named in the parameters does not exist or breaks its bin's contract."""


class PictureError(RestorationError):
    """A file cannot be read as a picture, or is too small for what is asked of it."""


class DatasetError(RestorationError):
    """A data folder is empty, lacks a split, or breaks the rules of its layout."""


class VersionError(RestorationError):
    """DVC failed; nothing is known about the version of data/."""


class PairError(RestorationError):
    """Two images, or two lists of numbers, that must match do not: shape, range, type or length."""


class ProtocolError(RestorationError):
    """Two benchmark reports were measured in different ways or on different pictures."""


class CheckpointError(RestorationError):
    """A checkpoint folder is incomplete, damaged, or made for another network."""


class TrainingError(RestorationError):
    """Training cannot go on: the loss is not finite, or no batch can be made."""


class StoreError(RestorationError):
    """The work store cannot be read or written."""


class RegistryError(RestorationError):
    """The model registry did not answer; nothing is known about the champion."""


class StaleChampion(RegistryError):  # noqa: N818 - it names what was found, not a failure
    """A candidate was judged against a model that is no longer the champion; judge it again."""


class LedgerError(RegistryError):
    """The record of who was champion was changed behind our back; nothing is promoted by it."""


class ServerError(RestorationError):
    """The server that orders the work, Prefect's, did not answer; nothing was started."""
