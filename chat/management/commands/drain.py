"""`manage.py drain`: let web processes leave in order, wherever they run."""

import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings

from chat.operations import process_leave
from chat.store import processes
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name, span
from omegle.lib.redis import sync_client

_LOOK_SECONDS = 0.1
# Beyond the time to drain: until it has heard of it, and until it is gone.
_MORE_SECONDS = 15


class Command(OperatorCommand):
    help = (
        "Ask a web process to leave, as SIGTERM would: it accepts nobody, sends its visitors to "
        "others and ends. What manages it starts a new one. `status` names the processes."
    )
    changes = "Ends the processes that are named, one after the other. Audited."
    has_dry_run = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("process", nargs="?", help="its name, as `status` has it")
        whom.add_argument("--all", action="store_true", help="each one that runs now")
        parser.add_argument("--why", default="", help="kept in the audit log")
        parser.add_argument(
            "--within",
            type=span,
            default=timedelta(seconds=settings.DRAIN_SECONDS + _MORE_SECONDS),
            metavar="TIME",
            help="how long each may take until it is gone (its time to drain and 15s)",
        )

    def answer(self, **options: Any) -> Answer:
        redis = sync_client()
        known = processes(redis)
        wanted = sorted(known) if options["all"] else [options["process"]]
        if unknown := [each for each in wanted if each not in known]:
            raise Stop(Exit.MISSING, f"There is no process {unknown[0]}; `status` names them.")
        if options["dry_run"]:
            told = ", ".join(f"{each} with {known[each]} visitors" for each in wanted) or "nobody"
            return Answer({"would_drain": wanted}, [f"Would leave: {told}."])
        for process in wanted:
            process_leave(process, why=options["why"], actor=actor_name())
            until = time.monotonic() + options["within"].total_seconds()
            while process in processes(redis):
                if time.monotonic() > until:
                    raise Stop(Exit.NO, f"Process {process} was asked to leave, but is there yet.")
                time.sleep(_LOOK_SECONDS)
        return Answer({"drained": wanted}, [f"Gone: {', '.join(wanted) or 'nobody'}."])
