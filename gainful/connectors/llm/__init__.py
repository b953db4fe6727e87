"""Language models, through Pydantic AI. Importing this does not import it: that takes seconds and one model."""

from gainful.connectors.llm.model import OneRequestModel

__all__ = ["OneRequestModel"]
