"""What submitit runs on a node. A module of its own, since it needs submitit to be there when it is imported."""

from __future__ import annotations

from submitit.helpers import Checkpointable, CommandFunction


class Command(CommandFunction, Checkpointable):
    """A command that is simply run again where its job was cut short: what it had made it finds."""
