"""An agent's file to take apart, and tools for it to name."""

from __future__ import annotations

from gainful.core.label import Integrity, Label
from gainful.core.tool import Act, Effect, Returns, Role, ToolSpec

WHOLE = """\
---
name: handbook
owner: ada
purpose: Answers questions from the handbook.
model: openai:gpt-5-mini
triggers:
  - on: mention
    rooms: ["help"]
  - on: cron
    at: "0 9 * * 1-5"
    zone: Europe/Berlin
gather:
  - tool: files.search
    with: {text: "{text}", most: 5}
tools: [files.read, files.write]
manifest:
  files.read: {arguments: {path: ["handbook/*"]}, per_run: 3}
  chat.reply: {words_from: ["chat:*", "files:*"]}
  limits: {steps: 20, minutes: 10}
answer: reply
budget: {run: 0.05, month: 20, calls: 10}
skills: [tickets]
outcome: {claims: A question answered, judged_by: reaction, days: 7}
quiet: {from: "20:00", to: "08:00", zone: Europe/Berlin}
---
Answer from the handbook alone.
"""

LEAST = "---\nname: helper\nowner: ada\npurpose: Helps.\n---\nHelp.\n"

OURS = Returns(default=Label(Integrity.TRUSTED))
SPECS = {
    spec.name: spec
    for spec in (
        ToolSpec("model.ask", Effect.EGRESS, Act.SEND, {}),
        ToolSpec("skill.read", Effect.READ, Act.READ, {"name": Role.TARGET}),
        ToolSpec("files.search", Effect.READ, Act.READ, {"text": Role.CONTENT, "most": Role.OPTION}),
        ToolSpec("files.read", Effect.READ, Act.READ, {"path": Role.TARGET}, required=frozenset({"path"})),
        ToolSpec("files.write", Effect.REVERSIBLE, Act.WRITE, {"path": Role.TARGET, "text": Role.CONTENT}),
        ToolSpec("chat.reply", Effect.EGRESS, Act.SEND, {"text": Role.CONTENT}, OURS, frozenset({"text"})),
        ToolSpec(
            "chat.post",
            Effect.EGRESS,
            Act.SEND,
            {"room": Role.TARGET, "text": Role.CONTENT},
            OURS,
            frozenset({"room", "text"}),
        ),
    )
}
