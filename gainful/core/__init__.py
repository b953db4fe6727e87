"""Values that rooms share: ids, money, mail, clock, error bases. Imports nothing of ours and does no I/O."""
