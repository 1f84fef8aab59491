"""Search beyond a grid with Optuna: target step, learning rate and bound on the gradient at once.
Where a trial is worse than most before it, Optuna ends it early.

    pip install 'alignrnn[search]'
    python examples/optuna_search.py                          # temporal order, T = 30
    python examples/optuna_search.py my.npz --trials 100      # sequences of your own
    python examples/optuna_search.py my.npz --study sqlite:///search.db    # kept; again: it goes on

A trial trains one setting over three seeds, as one program. All trials differ in numbers alone, so
that it is compiled once.
"""

import argparse

import numpy as np
import optuna

import alignrnn as ar

SEEDS = 3
PROTOCOL = ar.Protocol(
    check_every=100,
    validation_samples=500,
    stopping=ar.Stopping(max_iterations=1000, patience=None),
)


def setting(trial: optuna.Trial) -> tuple[ar.Rule, ar.Optimizer]:
    """What is searched; put your own here."""
    rule = ar.LRADiff(
        target_step=trial.suggest_float("target_step", 1, 10_000, log=True),
        clip=trial.suggest_float("clip", 0.1, 10, log=True),
    )
    return rule, ar.Optimizer("sgd", trial.suggest_float("learning_rate", 0.001, 1, log=True))


def mean_error(trial: optuna.Trial, task: ar.Task | str) -> float:
    """The lowest validation error of each seed, their mean."""
    rule, optimizer = setting(trial)
    runs = [ar.Run(rule, optimizer, ar.Elman(32), seed) for seed in range(SEEDS)]
    training = ar.Training(task, runs, PROTOCOL)
    while training.training:
        training.advance()
        if training.checked:
            trial.report(float(np.mean(training.snapshot().best_errors)), training.iteration)
            if trial.should_prune():
                raise optuna.TrialPruned
    return float(np.mean([result.best_error for result in training.results.values()]))


def main(words: list[str] | None = None) -> optuna.Study:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("data", nargs="?", help="a file or a data set, as alignrnn train takes it")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--study", help="where Optuna keeps the study (default: in memory)")
    given = parser.parse_args(words)
    ar.use_cores()
    task = ar.TemporalOrder(length=30) if given.data is None else ar.load_data(given.data)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="alignrnn",
        storage=given.study,
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=200),
    )
    study.optimize(lambda trial: mean_error(trial, task), n_trials=given.trials)
    pruned = sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials)
    print(f"{len(study.trials)} trials, {pruned} of them ended early")
    print(f"mean error of the best: {study.best_value:.4f}; train it for longer:")
    best = (f"--{name.replace('_', '-')} {value:.3g}" for name, value in study.best_params.items())
    data = given.data or "temporal-order --length 30"
    print(f"alignrnn train {data} --hidden-size 32 {' '.join(best)}")
    return study


if __name__ == "__main__":
    main()
