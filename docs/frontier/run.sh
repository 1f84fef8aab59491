#!/bin/sh
# Everything behind docs/frontier, in its order; stopped, it goes on where it was. Takes hours.
set -eu
out=${1:-runs/frontier}

# The settings, found on seed 10 and up; the frontier itself uses seeds 0, 1 and 2.
alignrnn sweep examples/frontier.toml --out "$out-sweep"
alignrnn sweep examples/frontier_200.toml --out "$out-sweep-200"
alignrnn sweep examples/frontier_permutation.toml --out "$out-sweep-permutation"
alignrnn sweep examples/frontier_adding.toml --out "$out-sweep-adding"
alignrnn sweep examples/frontier_small_inputs.toml --out "$out-sweep-small-inputs"
alignrnn sweep examples/frontier_3bit.toml --out "$out-sweep-3bit" # seeds 10 to 13
alignrnn sweep examples/frontier_omega.toml --out "$out-sweep-omega"
alignrnn sweep examples/frontier_tptt.toml --out "$out-sweep-tptt" # seeds 10 and 11

frontier() { alignrnn frontier --patience 200 --out "$out" "$@"; }
local="--rule lra-diff --target-step unit --clip 1 --regularize recurrent --omega-over-steps mean"
slow="--initializer slow_rotation --learning-rate 0.03 --decay exponential"

small="--clip 1 --initializer slow_rotation --input-scale 0.1 --learning-rate 0.01 --decay exponential --decay-iterations 4000"
pre="--rule lra-diff --target-step unit --align pre_activations"
permutation="--clip 1 --learning-rate 1 --decay exponential --decay-iterations 4000 --lengths 200 300 500"

# Local targets
for task in temporal-order temporal-order-3bit; do
    frontier $task $pre --output-target-step 3 $small --lengths 100 200 300 --label 'local targets'
done
frontier random-permutation $pre --output-target-step 10 $permutation --label 'local targets'
frontier adding $local --align pre_activations --regularization 0.3 $slow --decay-iterations 30000 --lengths 100 200 --label 'local targets'

# Learning rates of 0.03: the first lost a seed at T = 200, the second was ended by hand at T = 300
frontier temporal-order $pre --output-target-step 3 $small --learning-rate 0.03 --lengths 100 --label 'local targets, lr 0.03'
frontier temporal-order-3bit $pre --output-target-step 3 $small --learning-rate 0.03 --lengths 100 200 --label 'local targets, lr 0.03'
frontier temporal-order $pre --output-target-step 3 $small --learning-rate 0.03 --decay-iterations 1000 --lengths 100 200 \
    --label 'local targets, lr 0.03, τ 1,000'

# States aligned, from the whole W_xh; on 3-bit, Ω per sample was tried at T = 200 too
for task in temporal-order temporal-order-3bit; do
    frontier $task $local --regularization 4 --output-target-step 3 $slow --decay-iterations 4000 --lengths 100 200 \
        --label 'states aligned'
done

# BPTT
for task in temporal-order temporal-order-3bit; do
    frontier $task --rule bptt $small --lengths 100 200 300 --label BPTT
done
frontier temporal-order --rule bptt --clip 1 $slow --decay-iterations 4000 --lengths 100 200 --label 'BPTT, whole W_xh'
frontier random-permutation --rule bptt --initializer slow_rotation $permutation --label BPTT
frontier adding --rule bptt --clip 1 $slow --decay-iterations 30000 --lengths 100 200 --label BPTT

# BPTT with Ω; on adding without patience, for at T = 200 plain BPTT's had ended two seeds at chance
for task in temporal-order temporal-order-3bit; do
    frontier $task --rule bptt --regularization 1 $small --lengths 100 200 300 --label 'BPTT with Ω'
done
frontier random-permutation --rule bptt --regularization 4 $permutation --label 'BPTT with Ω'
frontier adding --rule bptt --regularization 0.3 --clip 1 $slow --decay-iterations 30000 --patience 0 --lengths 100 200 \
    --label 'BPTT with Ω'

# TPTT
tptt="--rule tptt --inverse-initializer transpose --momentum 0.9 --nesterov"
for task in temporal-order temporal-order-3bit; do
    frontier $task $tptt --target-step 10 $small --lengths 100 200 300 --label TPTT
done
frontier random-permutation $tptt --target-step 1 $permutation --learning-rate 0.1 --label TPTT
frontier adding $tptt --target-step 100 --clip 1 $slow --decay-iterations 30000 --learning-rate 0.01 --lengths 100 --label TPTT
# A learning rate of 0.03, ended by hand at T = 200
frontier temporal-order $tptt --target-step 10 $small --learning-rate 0.03 --lengths 100 --label 'TPTT, lr 0.03'
