"""What a run of the server does, in a process of its own: all stages over one corpus.

What is to be done comes as a line of JSON on standard input, which then stays open. When the server ends in whatever
way, it is closed, and the run ends as on Ctrl-C: finished work is kept.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import BinaryIO

from ocr_project.cli.project import session_of


def work(orders: BinaryIO) -> None:
    """Run all stages.

    Args:
        orders: A line of JSON: `folder` of the workspace, `env` and `options`.

    Raises:
        FailuresLeft: Documents, pages or regions failed; what was read is there.
    """
    order = json.loads(orders.readline())
    threading.Thread(target=_end_with, args=(orders.fileno(),), name="server", daemon=True).start()
    os.chdir(order["folder"])
    session = session_of(order["env"], order["options"])
    with session:
        session.run(pipeline_names=["all"])


def _end_with(server: int) -> None:
    """End this process when the server closes its end of the pipe; unbuffered: a lock outlives the interpreter."""
    while os.read(server, 4096):
        pass
    print("the server has ended, and so does its run", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGINT)
