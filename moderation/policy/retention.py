"""How long each kind of record is kept."""

from datetime import timedelta
from typing import Final

from moderation.policy import MUTE

# How long each kind of record is kept: evidence and stills from the decision on, a report from then
# on too, an appeal and a notice from the answer, a case with its decisions from its last change.
# What nobody decides on goes with its case; what an appeal that waits is about waits with it.
# Carried out by `services.upkeep` (every hour, and `manage.py purge`), and shown on the privacy
# page. None: as long as the service runs.
RETENTION: Final[dict[str, timedelta | None]] = {
    "evidence": timedelta(days=30),
    # No longer than the evidence: it goes with it.
    "still": timedelta(days=30),
    "report": timedelta(days=180),
    "case": timedelta(days=365),
    "decision": timedelta(days=365),
    # Not before the window is over: who was answered cannot begin anew.
    "appeal": timedelta(days=180),
    # From its end; one about a case goes with the case at the latest.
    "request": timedelta(days=180),
    # From the decision on it, as a report's.
    "notice": timedelta(days=180),
    # Until it runs out.
    "mute": MUTE,
    "exposure": timedelta(days=30),
    "opt_out": None,
    # With its decision; one that nobody gave goes with the evidence.
    "second_opinion": timedelta(days=365),
    # From its end.
    "range_ban": timedelta(days=180),
    "audit": None,
    "filter": None,
    "switch": None,
}

# A legal hold that has been on for so long is brought up again: what the law asks to be kept for a
# year is over then (docs/runbooks.md). It stays on until two persons end it.
HOLD_REMINDS: Final = timedelta(days=365)
