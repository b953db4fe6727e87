"""Runs the migrations on the connection that `storage.database` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from gainful.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
