"""An installation: set it up, serve it, look whether it is well, copy it."""
