"""What ``python -m cfusage_lab`` does.

``parsing`` says which words there are, ``asking`` who is asked, ``running`` how a run ends. Of a summary,
``overview`` computes what is told, ``lines`` says it, and ``texts`` and ``digest`` write it: as text, JSON or
Markdown. ``updating`` brings an archive up to date, and ``reporting`` writes a report.
"""

from cfusage_lab.commands.running import main

__all__ = ["main"]
