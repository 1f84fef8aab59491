"""Where data come from: one class a kind of file or archive; its fields are its options."""

import abc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, get_args

from ..errors import ConfigurationError, check_choice, check_integer, check_number, check_switch
from ..names import Missing, OutputKind, ValidateBy
from ..plain import Plain
from .dataset import Dataset


@dataclass(frozen=True)
class Source(Plain, abc.ABC):
    """Base of all sources. Raises `ConfigurationError` for an option that cannot be used."""

    held_out: float = 0.2
    """Without a validation part of its own: the fraction of the samples to validate on."""
    split_seed: int = 0
    """Which fraction: the seed of the draw."""
    test_fraction: float = 0.0
    """Without a test part of its own: the fraction of the samples kept away from training, for
    `evaluate` alone. It is drawn first; 0: none."""
    standardize: bool = False
    """Features to mean 0 and standard deviation 1, as measured on the training part."""
    missing: Missing = "refuse"
    """What stands for a feature that is missing: its channel's mean, or the previous step's."""
    output_kind: OutputKind | None = None
    """What the targets are, where they do not say it themselves. (default: by their type)"""
    every_step: bool | None = None
    """Whether there is an answer at every step. (default: by their shape)"""
    tolerance: float | None = None
    """For values: the squared error up to which an answer counts as right. (default: none)"""
    validate_by: ValidateBy = "errors"
    """What the validation error is, by which the best network is kept: the fraction of wrong
    answers, or their mean loss, which says more where few are held out."""

    is_file: ClassVar[bool] = True
    """Whether the name of the data is that of a file."""
    paths: ClassVar[tuple[str, ...]] = ()
    """Options that name a file or a folder; None: it is not given."""

    def check(self) -> None:
        """See `Plain.check`."""
        check_number("held_out", self.held_out, above=0, below=1)
        check_integer("split_seed", self.split_seed, 0)
        check_number("test_fraction", self.test_fraction, at_least=0, below=1)
        check_switch("standardize", self.standardize)
        check_choice("missing", self.missing, get_args(Missing))
        if self.output_kind is not None:
            check_choice("output_kind", self.output_kind, get_args(OutputKind))
        if self.every_step is not None:
            check_switch("every_step", self.every_step)
        if self.tolerance is not None:
            check_number("tolerance", self.tolerance, at_least=0)
        check_choice("validate_by", self.validate_by, get_args(ValidateBy))

    def files(self, name: str) -> Iterator[Path]:
        """The files whose content the data are; what they hold is part of a run's identity."""
        if self.is_file:
            yield Path(name)

    def places(self, name: str) -> list[str]:
        """The files and folders that are named, by the data's name and by options."""
        given = [getattr(self, option) for option in self.paths]
        return [*([name] if self.is_file else []), *(each for each in given if each is not None)]

    def within(self, folder: str) -> "Source":
        """The same with every relative file or folder of its options looked for in this one."""
        given = {option: getattr(self, option) for option in self.paths}
        return self.replaced(
            **{
                option: os.path.abspath(os.path.join(folder, place))
                for option, place in given.items()
                if place is not None
            }
        )

    @abc.abstractmethod
    def read(self, name: str, *, asked: bool = True) -> Dataset:
        """The data of that name. Unless `asked`, targets may be missing."""


def checked_file(name: str | Path, field: str = "task") -> Path:
    """A plain file that is there; the field is what named it."""
    path = Path(name)
    try:
        is_there, is_file, is_folder = path.exists(), path.is_file(), path.is_dir()
    except (OSError, ValueError) as error:
        raise ConfigurationError(field, str(name), f"it cannot be read ({error})") from None
    if not is_there:
        raise ConfigurationError(field, str(name), "there is no such file")
    if not is_file:
        why = "it is a directory" if is_folder else "it is no plain file"
        raise ConfigurationError(field, str(name), f"it must be a file ({why})")
    return path


def reason_of(error: Exception) -> str:
    """What a library says of a file, in its first line."""
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def needs(name: str, what: str, package: str) -> ConfigurationError:
    """What is said where a package is not installed."""
    return ConfigurationError("task", name, f"it needs {package}: pip install 'alignrnn[{what}]'")
