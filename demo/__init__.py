"""The sample mailbox that `make demo` works on."""
