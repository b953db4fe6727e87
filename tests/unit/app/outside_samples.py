"""A connector of somebody else, as a module: its manifest and its code."""

MANIFEST = """\
name = "notes"
product = "Notes"
hosts = ["notes.example.org"]
methods = ["GET", "POST"]
secrets = ["notes:token"]

[[tools]]
name = "notes.read"
effect = "read"
about = "A note."
arguments = { name = "target" }
required = ["name"]
"""

MODULE = """\
from dataclasses import replace

from gainful.core.tool import Effect
from gainful.sdk.declaration import read_declaration
from gainful.sdk.operation import Operation, nothing_left

contexts = []


class Notes:
    manifest = MANIFEST

    def tools(self, context):
        contexts.append(context)
        declared = read_declaration(self.manifest)

        def read(grant, given):
            token = context.secret("token").secret(grant)
            return {
                "agent": context.agent,
                "greeting": context.settings.get("greeting"),
                "token": len(token.reveal()),
                "now": context.clock().isoformat(),
            }

        tool = Operation(declared["notes.read"], read, nothing_left)
        return [tool]


connector = Notes()
"""
