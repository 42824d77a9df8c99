"""`manage.py doctor`: is everything there, and as it should be?"""

from collections import Counter
from dataclasses import asdict
from typing import Any

from omegle.doctor import findings
from omegle.lib.commands import Answer, OperatorCommand

_MARKS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}


class Command(OperatorCommand):
    help = (
        "Look at settings, packages, static files, disk, Redis, database, clocks, workers, beat, "
        "audit log, legal holds, PUBLIC_URL, sockets and TURN, and say how to mend what is wrong. "
        "Status 1 when something fails; warnings alone are 0. It takes some seconds. A relay is "
        "allocated at the TURN server and given back."
    )

    def answer(self, **options: Any) -> Answer:
        found = list(findings())
        counts = Counter(finding.verdict for finding in found)
        lines = []
        for finding in found:
            lines.append(f"{_MARKS[finding.verdict]}  {finding.name}: {finding.seen}")
            if finding.fix:
                lines.append(f"      {finding.fix}")
        failed = counts["fail"]
        data = {"ok": not failed, "findings": [asdict(finding) for finding in found]}
        problem = f"{failed} of {len(found)} checks failed." if failed else ""
        return Answer(data, lines, problem=problem)
