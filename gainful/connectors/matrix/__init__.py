"""Chat over Matrix, on any homeserver, in rooms without encryption."""

from gainful.connectors.matrix.chat import MatrixChat

__all__ = ["MatrixChat"]
