"""What ``python -m cfusage_lab`` does.

``arguments`` holds the words of the command line, ``client`` who is asked, and ``run`` how a run ends.
Each command is a module of its name: ``update`` brings an archive up to date, ``report`` writes a report,
``summary`` fetches and computes what is printed. ``summary_lines`` puts that into words, and
``summary_formats`` writes it as text, JSON or Markdown.
"""

from cfusage_lab.commands.run import main

__all__ = ["main"]
