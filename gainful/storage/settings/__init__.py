"""The settings of an installation, as its file has them: strict, so that a mistyped key is named."""
