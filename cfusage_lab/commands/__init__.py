"""What ``python -m cfusage_lab`` does.

``parsing`` says which words there are, ``running`` how a run ends. ``overview`` computes what is told,
``lines`` says it, and ``texts`` writes it: as text or as JSON.
"""

from cfusage_lab.commands.running import main

__all__ = ["main"]
