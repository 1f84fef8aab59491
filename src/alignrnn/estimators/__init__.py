"""In: anyone's sequences, in scikit-learn's forms. Out: its estimators around our training."""

try:
    import sklearn as _sklearn
except ImportError:
    from .absent import SequenceClassifier as SequenceClassifier
    from .absent import SequenceRegressor as SequenceRegressor
else:
    del _sklearn
    from .classifier import SequenceClassifier as SequenceClassifier
    from .regressor import SequenceRegressor as SequenceRegressor
