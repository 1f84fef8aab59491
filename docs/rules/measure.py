"""What the pages of docs/rules say of every rule, measured.

    python docs/rules/measure.py agreement cost back       # minutes
    python docs/rules/measure.py real --chorales FILE      # an hour; goes on where it was

Writes tables into measured/ beside itself, which pages.py puts into the pages. How far each rule
reaches is what run.sh finds; `python docs/rules/measure.py reach --from DIR` takes it from there.
"""

import argparse
import csv
import dataclasses
import math
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jax

import alignrnn as ar
from alignrnn.configuration import Configuration
from alignrnn.results import open_store, read_store
from alignrnn.studies.frontier.labels import read_labels
from alignrnn.studies.frontier.settings import options_of, setting_id
from alignrnn.studies.real_data import BUDGETS, data_sets
from alignrnn.studies.real_data.outcome import Outcome, chosen_of
from alignrnn.studies.real_data.scores import scores_of
from alignrnn.studies.real_data.ways import Way, candidates, measured
from alignrnn.sweeps import Engine

MEASURED = Path(__file__).parent / "measured"
RULES: dict[str, ar.Rule] = {
    "lra-diff": ar.LRADiff(),
    "lra-diff, unit step": ar.LRADiff("unit"),
    "lra-diff, unit step, pre-activations": ar.LRADiff("unit", align="pre_activations"),
    "bptt": ar.BPTT(),
    "tptt": ar.TPTT(),
    "lra-fdbk": ar.LRAFdbk(),
    "lra-e": ar.LRAE(),
    "lra-e, kolen-pollack": ar.LRAE(learning="kolen-pollack", weight_decay=0.01),
    "lra-e, mirror": ar.LRAE(learning="mirror"),
    "rec-lra": ar.RecLRA(),
    "feedback-alignment": ar.FeedbackAlignment(),
    "direct-feedback-alignment": ar.DirectFeedbackAlignment(),
    "regularized-inverse": ar.RegularizedInverse(),
    "regularized-inverse, difference": ar.RegularizedInverse(inverse="difference"),
    "regularized-inverse, gauss-newton": ar.RegularizedInverse(inverse="gauss-newton"),
    "regularized-inverse, as published": ar.RegularizedInverse(0.01, 10.0, gradient="as_published"),
    "rtrl": ar.RTRL(),
    "snap-1": ar.SnAp1(),
    "e-prop": ar.EProp(),
    "rflo": ar.RFLO(),
    "uoro": ar.UORO(),
    "readout": ar.ReadoutAlone(),
}
"""Each with its defaults, and where it has several forms, these."""
LEAKY = ("snap-1", "e-prop", "rflo")
"""Of these an Elman RNN's traces are one step long; a leaky one is their own ground."""


def write(name: str, header: tuple[str, ...], rows: list[tuple]) -> None:
    MEASURED.mkdir(exist_ok=True)
    with (MEASURED / f"{name}.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)
    print(f"{name}.csv: {len(rows)} rows", flush=True)


def agreement() -> None:
    """Temporal order, T = 20, 100 tanh units, batches of 20: at the start and along 1,000
    iterations of BPTT, learning rate 0.1, every rule looked at on its way. And the gain per step
    at the start: the median of norm_ratio over the steps."""
    task = ar.TemporalOrder(20)
    rules = {name: rule for name, rule in RULES.items() if name not in ("bptt", "rtrl")}
    found = ar.compare(task, rules, trained_by="bptt", iterations=1000, check_every=250)
    rows = [
        (row.rule, row.iteration, f"{row.cosine:.4f}", f"{row.cosine_sd:.4f}", f"{row.ratio:.4g}")
        for row in found.parameters
        if row.parameter == "layers"
    ]
    write("agreement", ("rule", "iteration", "cosine", "cosine_sd", "norm"), rows)
    rows = [
        (row.rule, row.iteration, f"{row.feedback_cosine:.4f}")
        for row in found.progress
        if not math.isnan(row.feedback_cosine)
    ]
    write("feedback", ("rule", "iteration", "cosine"), rows)
    write("gain", ("rule", "gain"), [*_gains(task)])


def way_back() -> None:
    """Temporal order, T = 50, from where the search for the longest length begins, each rule on its
    own training, learning rate 0.03: what it carries a signal back with, beside W_hhᵀ."""
    local = {"clip": 1.0, "update_bound": 0.0}
    rules: dict[str, ar.Rule | str] = {
        "TPTT": ar.TPTT(10.0, clip=1.0),
        "LRA-E, mirror": ar.LRAE(learning="mirror", **local),
        "LRA-E, learned": ar.LRAE(learning="learned", **local),
        "LRA-E, Kolen-Pollack": ar.LRAE(learning="kolen-pollack", **local),
        "LRA-fdbk": ar.LRAFdbk(**local),
        "rec-LRA": ar.RecLRA(learning="fixed", skip_from="steps", **local),
        "feedback alignment": ar.FeedbackAlignment(clip=1.0),
    }
    found = ar.compare(
        *(ar.TemporalOrder(50), rules),
        optimizer=ar.Optimizer("sgd", 0.03, decay="exponential", decay_iterations=4000),
        cell=ar.Elman(100, initializer="slow_rotation", input_scale=0.1),
        **{"batches": 5, "iterations": 4000, "check_every": 1000},
    )
    layers = {(r.rule, r.iteration): r.cosine for r in found.parameters if r.parameter == "layers"}
    rows = [
        (
            *(row.rule, row.iteration, f"{row.feedback_cosine:.4f}"),
            f"{layers[row.rule, row.iteration]:.4f}",
            f"{row.loss:.4g}",
        )
        for row in found.progress
    ]
    write("way_back", ("rule", "iteration", "feedback", "gradient", "loss"), rows)


def _gains(task: ar.Task) -> Iterator[tuple[str, str]]:
    for name, rule in RULES.items():
        network = ar.RNN(ar.Elman(100), task.input_size, task.output_size, key=jax.random.key(0))
        key = jax.random.key(1)
        state = rule.init(network, key=key)
        batch = task.sample(key, 20)
        details = rule.update(network, state, batch, key=key, diagnostics=True)[0].diagnostics
        if details and "norm_ratio" in details:
            ratios = [float(each) for each in details["norm_ratio"][1:]]
            yield name, f"{statistics.median(ratios):.3g}"


def cost() -> None:
    """An update alone, temporal order, T = 100, 100 tanh units, batches of 20, one core: its time,
    BPTT's being 1, the median of calls taken in turn; and the working memory that a time step more
    needs, between T = 200 and 400."""

    def compiled(rule: ar.Rule, length: int):
        task = ar.TemporalOrder(length)
        network = ar.RNN(ar.Elman(100), task.input_size, task.output_size, key=jax.random.key(0))
        batch, key = task.sample(jax.random.key(1), 20), jax.random.key(2)
        given = (network, rule.init(network, key=key), batch)

        def updated(network, state, batch):
            update, state = rule.update(network, state, batch, key=key)
            return update.gradients, state

        return jax.jit(updated).lower(*given).compile(), given

    def seconds_of(program, given, calls: int) -> float:
        started = time.perf_counter()
        for _ in range(calls):
            jax.block_until_ready(program(*given))
        return (time.perf_counter() - started) / calls

    programs = {name: compiled(rule, 100) for name, rule in RULES.items()}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(15):
        for name, (program, given) in programs.items():
            if name == "rtrl" and turn:  # seconds an update
                continue
            seconds[name].append(seconds_of(program, given, 1 if name == "rtrl" else 5))
    bptt = statistics.median(seconds["bptt"])
    rows = []
    for name, rule in RULES.items():
        short, long = (
            compiled(rule, length)[0].memory_analysis().temp_size_in_bytes for length in (200, 400)
        )
        ratio = statistics.median(seconds[name]) / bptt
        more = (long - short) / 200 / 1024
        rows.append((name, f"{ratio:.3g}", f"{more:.1f}", f"{short / 2**20:.2f}"))
        print(*rows[-1], flush=True)
    write("cost", ("rule", "time", "kib_a_step", "mib_at_200"), rows)


def _ways() -> dict[str, Way]:
    """Clipped, as those of docs/real-data; where a rule has a bound of its own, that is off."""
    ways = {}
    for name, rule in RULES.items():
        if name == "rtrl" or "as published" in name:
            continue
        options = {"clip": 1.0} | ({"update_bound": 0.0} if hasattr(rule, "update_bound") else {})
        own = rule.replaced(**options)
        given = {field.name: getattr(own, field.name) for field in dataclasses.fields(own)}
        section = {"name": name.partition(",")[0], **given}
        ways[name] = Way(name, section, cells=("leaky-elman" if name in LEAKY else "elman",))
    return ways


def real(chorales: Path | None, out: Path, only: list[str]) -> None:
    """JapaneseVowels and the chorales, as docs/real-data has them: Adam, the learning rate chosen
    on validation, then seeds 0 to 2. Of the chorales two rates are tried. With `only`, no other
    rules are trained; what there is of them stays."""
    ar.use_cores()
    budget = BUDGETS["standard"]
    sets = {data.id: data for data in data_sets(chorales)}
    names = ["japanese-vowels"] if chorales is None else ["japanese-vowels", "chorales"]
    rows = []
    with open_store(out, "docs/rules") as store:

        def train(engine: Engine, runs: list[Configuration]) -> None:
            engine.run(engine.sweep(runs))

        for data in (sets[name] for name in names):
            own = budget
            if data.id == "chorales":
                own = dataclasses.replace(budget, learning_rates=(0.01, 0.003))
            for name, way in _ways().items():
                (cell,) = way.cells
                tried = candidates(way, cell, data, own)
                if not only or name in only:
                    train(Engine(store), tried)
                chosen = chosen_of(tried, store.get)
                if chosen is None:
                    continue
                runs = measured(chosen, own)
                train(Engine(store, keeps_networks=True), runs)
                records = [record for each in runs if (record := store.get(each)) is not None]
                outcome = Outcome(
                    data, way, cell, chosen, records, [scores_of(each, store) for each in records]
                )
                rate = chosen.as_dict()["optimizer"]["learning_rate"]
                tested = " ".join(f"{each:.3f}" for each in outcome.each("test"))
                rows.append((data.id, name, cell, rate, tested))
                print(*rows[-1], flush=True)
            write("real", ("data", "rule", "cell", "learning_rate", "test"), rows)


def reach(directory: Path) -> None:
    """What run.sh's search found: of each label, length and seed, how its run ended."""
    labels = read_labels(directory)["temporal-order"]
    rows = [
        (
            labels[setting_id(options_of(record.configuration))],
            record.configuration["task"]["length"],
            record.configuration["seed"],
            record.status,
            record.iterations,
            f"{record.best_error:.4g}",
        )
        for record in read_store(directory)
    ]
    order = list(labels.values())
    rows.sort(key=lambda row: (order.index(row[0]), row[1], row[2]))
    write("reach", ("label", "length", "seed", "status", "iterations", "error"), rows)


def sweeps(found: Path) -> None:
    """The settings that were tried before, of the directories that run.sh's sweeps wrote: the
    columns in which they differ, and how each run ended."""
    names = (
        *("task.length", "rule", "rule.learning", "rule.weight_decay", "rule.skip_from"),
        *("rule.target_step", "cell", "cell.leak", "cell.input_scale"),
        *("optimizer.learning_rate", "seed", "status", "iterations", "error"),
    )
    rows = []
    for suffix in ("sweep", "sweep-100", "sweep-200"):
        with (found.parent / f"{found.name}-{suffix}" / "runs.csv").open(newline="") as file:
            rows += [tuple(row.get(name, "") for name in names) for row in csv.DictReader(file)]
    write("sweeps", names, sorted(rows))


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("parts", nargs="+", choices=("agreement", "cost", "back", "real", "reach"))
    given.add_argument("--chorales", type=Path)
    given.add_argument("--out", type=Path, default=Path("runs/rules"), help="of real")
    given.add_argument("--only", action="append", default=[], choices=RULES, help="of real")
    given.add_argument("--from", type=Path, default=Path("runs/without-transport"), dest="found")
    options = given.parse_args()
    for part in options.parts:
        if part == "real":
            real(options.chorales, options.out, options.only)
        elif part == "reach":
            reach(options.found)
            sweeps(options.found)
        else:
            {"agreement": agreement, "cost": cost, "back": way_back}[part]()


if __name__ == "__main__":
    sys.exit(main())
