"""What stands for the estimators where scikit-learn is not installed."""

from typing import Any, NoReturn

from ..errors import ConfigurationError, Description


class _NeedsScikitLearn:
    def __init__(self, *_: Any, **__: Any):
        self._refuse()

    @classmethod
    def _refuse(cls) -> NoReturn:
        found, allowed = Description("no scikit-learn"), "pip install 'alignrnn[data]' has it"
        raise ConfigurationError(cls.__name__, found, allowed)


class SequenceClassifier(_NeedsScikitLearn):
    """Needs scikit-learn. Raises `ConfigurationError`."""


class SequenceRegressor(_NeedsScikitLearn):
    """Needs scikit-learn. Raises `ConfigurationError`."""
