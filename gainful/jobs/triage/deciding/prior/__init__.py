"""The shipped weights of the local model; `tools/train_prior.py` writes `weights.bin`."""
