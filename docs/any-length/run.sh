#!/bin/sh
# Everything behind docs/any-length.md, in its order; stopped, it goes on where it was. Takes some hours on
# two cores. Then: python docs/any-length/pages.py runs/any-length
set -eu
out=${1:-runs/any-length}

# Learning rates and α of Ω, found on seed 10; what follows uses seeds 0 to 5.
alignrnn sweep examples/any_length.toml --keep-networks --out "$out/sweep"
alignrnn generalize "$out/sweep" --lengths 100 1000 5000 --samples 1000 --enough 100 --states-at 0

states="--rule lra-diff --target-step unit --clip 1"
pre="$states --align pre_activations"
bptt="--rule bptt --clip 1"
tptt="--rule tptt --inverse-initializer transpose --momentum 0.9 --nesterov --clip 1"
omega="--regularization 4 --regularize recurrent --omega-over-steps mean"
often="--decay exponential --patience 0 --no-diagnostics"

# PART TASK WAY, and the words of train: seeds 0 to 2, and 3 to 5 where they are asked for
learn() {
    place="$out/$1/$2/$3"
    task=$2
    shift 3
    alignrnn train "$task" $often "$@" --seeds 3 --out "$place"
    alignrnn generalize "$place" $look
}

# How far
look="--lengths 100 200 500 1000 2000 5000 10000 --enough 1000"
order="--lengths 20..100 --run-in --grow-to 200 --decay-iterations 8000 --max-iterations 40000"
for task in temporal-order temporal-order-3bit; do
    learn reach $task states $states $order --learning-rate 0.03
    learn reach $task pre-activations $pre $order --learning-rate 0.03
    learn reach $task bptt $bptt $order --learning-rate 0.03
    learn reach $task bptt-omega $bptt --regularization 1 $order --learning-rate 0.03
    learn further $task states $states $order --learning-rate 0.03 --seed 3
done
learn reach temporal-order tptt $tptt --target-step 10 $order --learning-rate 0.01
learn reach temporal-order-3bit tptt $tptt --target-step 10 $order --learning-rate 0.03
first="--lengths 10..30 --decay-iterations 8000 --max-iterations 40000"
learn reach random-permutation states $states $first --learning-rate 0.3
learn reach random-permutation pre-activations $pre $first --learning-rate 0.3
learn reach random-permutation bptt $bptt $first --learning-rate 0.3
learn reach random-permutation bptt-omega $bptt --regularization 1 $first --learning-rate 0.3
learn reach random-permutation tptt $tptt --target-step 1 $first --learning-rate 1
learn further random-permutation states $states $first --learning-rate 0.3 --seed 3

# Six seeds more, with fewer samples; and random permutation grown to 100
few="--samples 2000 --enough 100 --states-at 0"
alignrnn train temporal-order-3bit $often $states $order --learning-rate 0.03 --seed 10 --seeds 6 \
    --out "$out/more/temporal-order-3bit"
alignrnn generalize "$out/more/temporal-order-3bit" --lengths 100 200 1000 5000 $few
alignrnn train random-permutation $often $states $first --learning-rate 0.3 --seed 10 --seeds 6 \
    --out "$out/more/random-permutation"
alignrnn generalize "$out/more/random-permutation" --lengths 100 1000 10000 --samples 4000 --enough 50
alignrnn train random-permutation $often $states $first --grow-to 100 --learning-rate 0.3 --seeds 6 \
    --out "$out/more/random-permutation-grown"
alignrnn generalize "$out/more/random-permutation-grown" $look

# The same without a first stage
direct="--lengths 20..200 --run-in --decay-iterations 8000 --max-iterations 40000"
learn reach temporal-order-3bit long $states $direct --learning-rate 0.03
learn further temporal-order-3bit long $states $direct --learning-rate 0.03 --seed 3

# The same, ended at 0 wrong of 100,000 validation samples
strict="--validation-samples 100000 --solved-below 0.00001"
learn reach temporal-order-3bit states-strict $states $order $strict --learning-rate 0.03
learn reach random-permutation states-strict $states $first $strict --learning-rate 0.3
learn further random-permutation states-strict $states $first $strict --learning-rate 0.3 --seed 3

# Adding, from very short sequences on; then the longest again, with a learning rate that falls
adding="$states $omega --regularization 0.3 --run-in"
grown="--lengths 10..15 --grow-to 20 30 50 70 100 150 200 --solved-below 0.005 --max-iterations 30000"
start="--initializer slow_rotation --learning-rate 0.03 --decay-iterations 30000"
look="--lengths 100 200 400 600 1000 --states-at 400"
alignrnn train adding $adding $start $often $grown --seeds 3 --out "$out/adding/grown"
alignrnn generalize "$out/adding/grown" --lengths 100 200 400 --samples 2000 --enough 500 --states-at 0
alignrnn train adding $adding $start $often $grown --seed 10 --out "$out/adding/grown-10"
alignrnn train adding $adding $often --lengths 10..200 --decay-iterations 8000 --max-iterations 40000 --seed 10 \
    --learning-rate 0.03 --solved-below 0.0002 --from "$out/adding/grown-10" \
    --out "$out/adding/last-10"
alignrnn generalize "$out/adding/last-10" $look
alignrnn train adding $adding $often --lengths 10..200 --decay-iterations 8000 --max-iterations 24000 --seed 10 \
    --learning-rate 0.015 --solved-below 0 --from "$out/adding/last-10" \
    --out "$out/adding/longer-10"
alignrnn generalize "$out/adding/longer-10" $look

# One length, from the paper's own start
alignrnn sweep examples/single_lengths.toml --out "$out/single"

# What makes it: temporal order, one thing at a time beside the first
look="--lengths 100 200 1000 5000 --samples 2000 --enough 200"
one="--decay-iterations 8000 --max-iterations 20000 --learning-rate 0.03"
range="--lengths 20..100 --run-in"
learn why temporal-order states $states $range $one
learn why temporal-order pre-activations $pre $range $one
learn why temporal-order bptt $bptt $range $one
learn why temporal-order states-omega $states $omega $range $one
learn why temporal-order bptt-omega $bptt --regularization 4 $range $one
learn why temporal-order rotations $states --initializer slow_rotation $range $one
learn why temporal-order no-run-in $states --lengths 20..100 $one
learn why temporal-order short $states --lengths 10..40 --run-in $one
learn why temporal-order long $states --lengths 20..200 --run-in $one
learn why temporal-order bptt-long $bptt --lengths 20..200 --run-in $one
learn why temporal-order one-length $states --length 100 $one
apart="--rule docs/any-length/linearised.py:LinearisedStates --clip 1"
learn why temporal-order linearised-3 $apart $range $one
learn why temporal-order bend-1 $apart --factors 1 --bend $range $one
learn why temporal-order bend-3 $apart --bend $range $one
