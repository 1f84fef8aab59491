"""In: the library. Out: programs written with it. A study knows no other.

paper: every table and figure of the paper. frontier: how far a setting reaches. real_data: what
rules come to on real sequences. comparison: how rules' gradients lie to BPTT's. benchmarks: how
fast training is.
"""
