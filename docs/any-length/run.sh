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
learn reach temporal-order-3bit states-noise $states $order --learning-rate 0.03 --hidden-noise 0.06
learn reach temporal-order bptt-noise $bptt $order --learning-rate 0.03 --hidden-noise 0.06
learn reach temporal-order-3bit bptt-noise $bptt $order --learning-rate 0.03 --hidden-noise 0.06
learn further temporal-order-3bit states-noise $states $order --learning-rate 0.03 --hidden-noise 0.06 --seed 3
learn reach temporal-order tptt $tptt --target-step 10 $order --learning-rate 0.01
learn reach temporal-order-3bit tptt $tptt --target-step 10 $order --learning-rate 0.03
first="--lengths 10..30 --decay-iterations 8000 --max-iterations 40000"
learn reach random-permutation states $states $first --learning-rate 0.3
learn reach random-permutation pre-activations $pre $first --learning-rate 0.3
learn reach random-permutation bptt $bptt $first --learning-rate 0.3
learn reach random-permutation bptt-omega $bptt --regularization 1 $first --learning-rate 0.3
learn reach random-permutation tptt $tptt --target-step 1 $first --learning-rate 1
learn further random-permutation states $states $first --learning-rate 0.3 --seed 3
learn reach random-permutation states-noise $states $first --learning-rate 0.3 --hidden-noise 0.1
learn further random-permutation states-noise $states $first --learning-rate 0.3 --hidden-noise 0.1 --seed 3

# How much noise: found on seeds 10 to 15
noisy() { # TASK NOISE SEEDS, and the words of train
    place="$out/noise/$1-$2"
    task=$1 sigma=$2 seeds=$3
    shift 3
    alignrnn train $task $often $states "$@" --hidden-noise $sigma --seed 10 --seeds $seeds --out "$place"
    alignrnn generalize "$place" --lengths 100 200 1000 5000 10000 --samples 4000 --enough 100 --states-at 0
}
noisy temporal-order-3bit 0.03 3 $order --learning-rate 0.03
noisy temporal-order-3bit 0.06 3 $order --learning-rate 0.03
noisy temporal-order-3bit 0.1 2 $order --learning-rate 0.03
noisy random-permutation 0.1 6 $first --learning-rate 0.3
noisy random-permutation 0.3 6 $first --learning-rate 0.3

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

# Adding, from very short sequences on: with one learning rate to the end, and with a lower one for the last
# range, without noise and in noise; then with a last range in two parts, in noise, and averaged. All settings
# were found on seeds 11 to 16
adding="$states $omega --run-in"
grown="--solved-below 0.005 --max-iterations 30000 --lengths 10..15 --grow-to 20 30 50 70 100 150"
start="--regularization 0.3 --initializer slow_rotation --learning-rate 0.03 --decay-iterations 30000"
last="--regularization 0.3 --lengths 10..200 --learning-rate 0.01 --decay-iterations 3000 \
    --max-iterations 10000"
alignrnn train adding $adding $start $often $grown 200 --seeds 3 --out "$out/adding/one-rate"
sure="--check-every 500 --validation-samples 100000 --solved-below 0.000005"
grow_adding() { # SEED, a word before its directory, and the noise
    alignrnn train adding $adding $start $often $grown --hidden-noise $3 --seed $1 \
        --out "$out/adding/${2}grown-$1"
}
add() { # SEED, a word before its directories, the noise while it grows, and that of the last range
    at="$out/adding/$2"
    grow_adding $1 "$2" $3
    alignrnn train adding $adding $often $last $sure --hidden-noise $4 --seed $1 --from "${at}grown-$1" \
        --out "${at}last-$1"
    alignrnn generalize "${at}last-$1" --lengths 100 200 400 600 1000 --enough 1000 --states-at 0
}
widely="--lengths 10..200"
mean="--averaging 0.999 --check-every 2000"
surely="--validation-samples 100000 --solved-below 0.000005"
anneal="--regularization 0.1 --hidden-noise 0.02 --learning-rate 0.03 --decay-iterations 8000"
gently="--hidden-noise 0.01 --learning-rate 0.01 --decay-iterations 3000 --max-iterations 10000"
last_part() { # SEED, the directory before and that of this part, and the words of train
    from="$out/adding/$2-$1" at="$out/adding/$3-$1" seed=$1
    shift 3
    alignrnn train adding $adding $often $widely "$@" $surely --seed $seed --from "$from" --out "$at"
    alignrnn generalize "$at" --lengths 100 200 400 600 1000 --enough 1000 --states-at 0
}
for seed in 0 1 2 3 4 5 11 12 13 14 15 16; do
    add $seed "" 0 0
    add $seed noise- 0.02 0.01
done
for seed in 6 7 8; do
    grow_adding $seed noise- 0.02
done
for seed in 0 1 2 3 4 5 6 7 8; do
    last_part $seed noise-grown averaged $anneal --max-iterations 30000 $mean
    last_part $seed averaged quiet --regularization 0.3 $gently $mean
done
# Seed 0 with other second parts, tried before
quieter="--regularization 0.1 --hidden-noise 0.005 --learning-rate 0.01 --decay-iterations 6000 \
    --max-iterations 20000"
less="--regularization 0.1 $gently --averaging 0.999 --check-every 1000"
last_part 0 averaged quieter $quieter $mean
last_part 0 noise-grown longer $anneal --max-iterations 40000 --averaging 0.999 --check-every 1000
last_part 0 longer longer-less $less
last_part 0 noise-grown longest $anneal --max-iterations 50000 --averaging 0.999 --check-every 1000
last_part 0 longest longest-less $less

# One length, from the paper's own start, made to grow; settings found on seeds 10 to 15
single="$states --regularization 1 --regularize recurrent --omega-over-steps mean"
rival="$bptt --regularization 1"
grow="--decay-iterations 8000 --length 50 --grow-to 75 100 120 140 160 180 200 \
    --learning-rate 0.03 --max-iterations 20000"
loosely="--grow-below 0.01"
for task in temporal-order temporal-order-3bit; do
    alignrnn train $task $single $often $grow --seed 10 --seeds 6 --out "$out/trial/$task"
    alignrnn train $task $single $often $grow $loosely --seed 10 --seeds 6 --out "$out/trial/$task-loosely"
done
for task in temporal-order temporal-order-3bit; do
    below=$loosely
    if [ $task = temporal-order-3bit ]; then below=""; fi
    alignrnn train $task $single $often $grow $below --seeds 10 --out "$out/single/$task/states"
    alignrnn train $task $rival $often $grow $below --seeds 3 --out "$out/single/$task/bptt-omega"
done
task=temporal-order
alignrnn train $task $single $often $grow --seeds 10 --out "$out/strictly/$task/states"
alignrnn train $task $rival $often $grow --seeds 3 --out "$out/strictly/$task/bptt-omega"
grow="--decay-iterations 8000 --length 10 --grow-to 20 30 50 75 100 150 200 300 400 500 \
    --learning-rate 1 --max-iterations 6000"
task=random-permutation
alignrnn train $task $single $often $grow --seeds 10 --out "$out/single/$task/states"
alignrnn train $task $rival $often $grow --seeds 3 --out "$out/single/$task/bptt-omega"

# One length at once; and small steps from where that comes to, which lead away from it
alignrnn sweep examples/single_lengths.toml --out "$out/direct"
at="--length 200 --decay-iterations 4000"
swings="$at --max-iterations 12000 --learning-rate 0.05"
slowly="$at --max-iterations 5000 --learning-rate 0.001"
small="$out/small-steps"
alignrnn train temporal-order $bptt $often $swings --seed 10 --out "$small/gradient"
alignrnn train temporal-order $states $omega $often $swings --seed 10 --out "$small/before-10"
alignrnn train temporal-order $states $often $slowly --seed 10 --from "$small/before-10" \
    --out "$small/states-10"
alignrnn train temporal-order $states --output-target-step 0.03 $often $slowly --seed 10 \
    --from "$small/before-10" --out "$small/states-0.03-10"
alignrnn train temporal-order $pre $often $slowly --seed 10 --from "$small/before-10" \
    --out "$small/finished-10"
for seed in 0 1 2; do
    alignrnn train temporal-order $states $omega $often $swings --seed $seed --out "$small/before-$seed"
    alignrnn train temporal-order $pre $often $slowly --seed $seed --from "$small/before-$seed" \
        --out "$small/finished-$seed"
done

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
