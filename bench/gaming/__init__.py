"""How far can the books of worth be gamed? See `bench.gaming.__main__`."""
