#!/bin/sh
# How far each rule reaches that uses neither W_hhᵀ nor a gradient through more than one step: everything
# behind that part of docs/rules, in its order; stopped, it goes on where it was. Takes an hour on two cores.
set -eu
out=${1:-runs/without-transport}

# The settings, found on seeds 10 to 13; the search for the length uses seeds 0, 1 and 2.
alignrnn sweep examples/without_transport.toml --out "$out-sweep"
alignrnn sweep examples/without_transport_100.toml --out "$out-sweep-100"
alignrnn sweep examples/without_transport_200.toml --out "$out-sweep-200"

reach() {
    alignrnn frontier temporal-order --lengths 20 50 100 200 300 --patience 100 --clip 1 \
        --initializer slow_rotation --decay exponential --decay-iterations 4000 --out "$out" "$@"
}
small="--input-scale 0.1"
error="$small --update-bound 0"

reach --rule lra-e --learning mirror $error --learning-rate 0.01 --label 'LRA-E, mirror'
reach --rule tptt --target-step 10 $small --momentum 0.9 --nesterov --learning-rate 0.01 --label TPTT
reach --rule lra-e --learning learned $error --learning-rate 0.1 --label 'LRA-E, learned'
reach --rule lra-e --learning kolen-pollack --weight-decay 0.001 $error --learning-rate 0.1 --label 'LRA-E, Kolen-Pollack'
reach --rule lra-fdbk $error --learning-rate 0.1 --label LRA-fdbk
reach --rule rec-lra --learning fixed --skip-from steps $error --learning-rate 0.03 --label rec-LRA
reach --rule feedback-alignment $small --learning-rate 0.03 --label 'feedback alignment'
reach --rule direct-feedback-alignment $small --learning-rate 0.03 --label 'direct feedback alignment'
reach --rule e-prop --cell leaky-elman --leak 0.1 $small --learning-rate 0.1 --label 'e-prop, a = 0.1'
reach --rule e-prop --cell leaky-elman --leak 0.03 --learning-rate 0.1 --label 'e-prop, a = 0.03'
reach --rule rflo --cell leaky-elman --leak 0.03 --learning-rate 0.1 --label 'RFLO, a = 0.03'
reach --rule readout $small --learning-rate 0.1 --label 'the readout alone'
