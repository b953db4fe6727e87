"""A worst-case benchmark of the gate on AgentDojo's tasks: `python -m bench.agentdojo --json FILE`.

Importing this package needs Gainful alone; running the benchmark needs AgentDojo in an environment of its own.
"""

from bench.agentdojo.gate import gainful_gate

__all__ = ["gainful_gate"]
