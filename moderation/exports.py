"""The file that a person files with an authority: what is in it, and whether it still holds. Pure.

One ZIP, byte by byte the same for the same facts. The terms and their order are those of a
CyberTipline report (report.cybertip.org/ispws/documentation); what we do not know is left out.
`services.exports` gathers what goes in.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

_SUMS: Final = "SHA256SUMS"
# The earliest a ZIP can tell: what is in it must not depend on when it was made.
_MADE: Final = (1980, 1, 1, 0, 0, 0)
_SEEN: Final = {
    "mask": "masked",
    "warn": "sender warned",
    "hold": "held back",
    "report": "flagged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedStill:
    """A picture as its reporter sent it, made anew by the server."""

    jpeg: bytes
    width: int
    height: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedReport:
    """One report with its evidence.

    Attributes:
        reason, about, source: in words.
        note: what the reporter wrote; empty when nothing.
        address: the tag of the reported person's address, empty when unknown; `address_epoch` is
            that of its key.
        content: the talk as it was sealed, JSON with `seats` and `transcript`; None when gone.
    """

    reference: str
    reason: str
    about: str
    source: str
    note: str
    outcome: str
    room: str
    mode: str
    subject_seat: int
    address: str
    address_epoch: int | None
    created_at: datetime
    began_at: datetime | None
    content: bytes | None
    still: ExportedStill | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedCase:
    """A case with everything that is told of it.

    Attributes:
        label: of the case, as the audit log has it.
        subject: the tag of the reported person.
        is_child_safety: puts a warning on top.
        decisions, audit: members by name; `evidence` of a decision are the digests it rests on.
    """

    label: str
    lane: str
    subject: str
    is_child_safety: bool
    site: str
    url: str
    reports: tuple[ExportedReport, ...]
    decisions: tuple[Mapping[str, Any], ...]
    audit: tuple[Mapping[str, Any], ...]


def archive(case: ExportedCase) -> bytes:
    """Give the ZIP of a case."""
    files = {
        f"{folder}/{report.reference}.{kind}": data
        for report in case.reports
        for folder, kind, data in _evidence_files(report)
    }
    found = {_digest(data): name for name, data in files.items()}
    files |= {
        "README.txt": _readme(case).encode(),
        "report.json": _json(_cybertip(case)),
        "decisions.json": _json([_with_files(each, found) for each in case.decisions]),
        "audit.json": _json(list(case.audit)),
    }
    files[_SUMS] = _sums(files)
    out = io.BytesIO()
    # Not compressed: what a compressor makes of it changes with its version.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _MADE)
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            made.writestr(entry, files[name])
    return out.getvalue()


def archive_problems(data: bytes) -> list[str]:
    """Give what is wrong with an archive, in sentences; an empty list when it holds.

    It holds when SHA256SUMS names every other file with its digest, and the files that a decision
    rests on have the digests it names.

    Raises:
        zipfile.BadZipFile: it is none.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as given:
        names = given.namelist()
        if len(set(names)) < len(names):
            return ["A file is there twice."]
        # Nothing is unpacked that could become larger than it is, or asks for a password.
        if any(each.compress_type or each.flag_bits & 1 for each in given.infolist()):
            return ["It was packed anew, by another program."]
        files = {name: given.read(name) for name in names}
    if missing := {_SUMS, "decisions.json"} - files.keys():
        return [f"{name} is missing." for name in sorted(missing)]
    told = files.pop(_SUMS).decode("ascii", "replace").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in told)}
    problems = [f"{inert(name)} is missing." for name in sorted(sums.keys() - files.keys())]
    problems += [f"{inert(name)} is not in {_SUMS}." for name in sorted(files.keys() - sums.keys())]
    problems += [
        f"{inert(name)} was changed."
        for name in sorted(files.keys() & sums.keys())
        if _digest(files[name]) != sums[name]
    ]
    return problems + _decision_problems(files)


def _decision_problems(files: Mapping[str, bytes]) -> list[str]:
    try:
        rested_on = [
            (str(decision["reference"]), str(each["sha256"]), str(each.get("file", "")))
            for decision in json.loads(files["decisions.json"])
            for each in decision["evidence"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ["decisions.json cannot be read."]
    return [
        f"{inert(name)} is not what decision {inert(reference)} rests on."
        for reference, digest, name in rested_on
        if name and _digest(files.get(name, b"")) != digest
    ]


def inert(text: str) -> str:
    """Give a text in one line in which nothing acts on a terminal, an editor or a reader's eye.

    Control characters, line breaks and what turns the direction of writing become their numbers.
    """
    return "".join(
        each if each.isprintable() and each != "\\" else each.encode("unicode_escape").decode()
        for each in text
    )


# --- The files ------------------------------------------------------------------------------------


def _evidence_files(report: ExportedReport) -> Iterable[tuple[str, str, bytes]]:
    if report.content is not None:
        yield "transcripts", "json", report.content
        yield "transcripts", "txt", _transcript_text(report, report.content).encode()
    if report.still is not None:
        yield "stills", "jpg", report.still.jpeg


def _transcript_text(report: ExportedReport, content: bytes) -> str:
    talk = json.loads(content)
    lines = [
        f"Report {report.reference}, made {_utc(report.created_at)} by {report.source}",
        f"Reported for: {report.reason} ({report.about}, seat {report.subject_seat})",
    ]
    if report.note:
        lines.append(f"Note of the reporter, their claim: {inert(report.note)}")
    lines += [
        f"SHA-256 of {report.reference}.json: {_digest(content)}",
        "The server's own record. A character that could not be shown safely is here",
        "a backslash with its number; the JSON has every character as it was.",
        "",
    ]
    for line in talk["transcript"]:
        lines += _line_text(line, talk["seats"], report.subject_seat)
    return "\n".join(lines) + "\n"


def _line_text(line: Mapping[str, Any], seats: Mapping[str, str], subject_seat: int) -> list[str]:
    seat, kind, shown = line["seat"], line.get("kind", "message"), line["shown"]
    who = f"seat {seat}, {inert(seats.get(str(seat), 'no name'))}"
    who += ", reported" if seat == subject_seat else ""
    if kind == "left":
        return [f"[{inert(line['at'])}] {who} left"]
    who += ", asks" if kind == "question" else ""
    if verdict := _SEEN.get(line["verdict"]):
        who += f" ({verdict})"
    told = [f"[{inert(line['at'])}] {who}: {inert(line['text'])}"]
    if shown is None:
        told.append("    shown to nobody")
    elif shown != line["text"]:
        told.append(f"    shown as: {inert(shown)}")
    return told


def _with_files(decision: Mapping[str, Any], found: Mapping[str, str]) -> dict[str, Any]:
    """Say of each digest which file it is of, where that is still kept."""
    rested_on = [
        {"sha256": digest} | ({"file": found[digest]} if digest in found else {})
        for digest in decision["evidence"]
    ]
    return {**decision, "evidence": rested_on}


def _cybertip(case: ExportedCase) -> dict[str, Any]:
    """Give what is known in the order and the terms of a CyberTipline report."""
    first = min(report.created_at for report in case.reports)
    seats = [
        (json.loads(report.content)["seats"], report.subject_seat)
        for report in case.reports
        if report.content is not None
    ]
    names = sorted({names[str(seat)] for names, seat in seats if str(seat) in names})
    addresses = sorted(
        {
            f"Tag of an address: {report.address} (key {report.address_epoch})"
            for report in case.reports
            if report.address
        }
    )
    person: dict[str, Any] = {"espIdentifier": case.subject, "espService": case.site}
    if names:
        person["displayName"] = names
    if addresses:
        person["additionalInfo"] = "; ".join(addresses)
    return {
        "incidentSummary": {
            "incidentDateTime": _utc(first),
            "incidentDateTimeDescription": "When the first of the reports was made, in UTC.",
        },
        "internetDetails": [
            {"webPageIncident": {"url": case.url}},
            *({"chatImIncident": _chat(case, report)} for report in case.reports),
        ],
        "personOrUserReported": person,
        "additionalInfo": f"{case.label}, {case.lane}.",
    }


def _chat(case: ExportedCase, report: ExportedReport) -> dict[str, str]:
    facts = [
        f"Report {report.reference} of {_utc(report.created_at)} by {report.source}",
        f"reason: {report.reason}",
        f"about: {report.about}",
    ]
    if report.note:
        facts.append(f"note of the reporter, their claim: {report.note}")
    if report.began_at is not None:
        facts.append(f"the {report.mode} conversation began {_utc(report.began_at)}")
    if report.outcome:
        facts.append(f"outcome: {report.outcome}")
    told = {"chatClient": case.site, "chatRoomName": report.room}
    if report.content is None:
        facts.append("its conversation is not kept any more")
    else:
        told["content"] = f"transcripts/{report.reference}.json"
    if (still := report.still) is not None:
        facts.append(
            f"stills/{report.reference}.jpg, {still.width} by {still.height}, received "
            f"{_utc(still.received_at)}: a claim of the reporter"
        )
    return told | {"additionalInfo": "; ".join(facts) + "."}


_WARNING: Final = """\
WARNING: THIS MAY HOLD PICTURES OR DESCRIPTIONS OF CHILD SEXUAL ABUSE.
To have, copy or pass on such material can be a crime, also for who means well. Let nobody have
this file who is not charged with filing it; open the stills only where the law lets you; send it
by no mail; delete it as soon as it is filed and the authority has confirmed that.

"""
_README: Final = """\
Evidence of {label} of {site} ({url}), lane: {lane}

WHAT THIS IS
What the service holds about one reported person, for a person to file. No program has sent it to
anybody, and none will.

WHAT TO DO
File it yourself with the authority that is competent for you: in the United States the
CyberTipline of NCMEC (report.cybertip.org), elsewhere a hotline of INHOPE (inhope.org) or the
police. Ask a lawyer when you do not know which, how soon you have to, and how long you then have
to keep the evidence: a legal hold keeps it from deletion here. First check that this file is
whole: manage.py export_check FILE

WHAT IS IN IT
report.json      the facts, in the order and the terms of a CyberTipline report
transcripts/     what the server itself recorded, for each report; .json is byte by byte what was
                 kept, .txt the same for reading
stills/          pictures as reporters sent them: their claim, not a record of ours; made anew by
                 the server, so that nothing but the picture is in them
decisions.json   what was decided, by which rule, and on which files it rests (SHA-256)
audit.json       who looked at or changed what of this case, and when: the chain of custody
SHA256SUMS       of every other file: sha256sum -c SHA256SUMS

WHAT IS MISSING
- incidentType and reporter: whoever files it says what it is and who they are.
- Names, accounts, mail addresses, telephone numbers: nobody has an account here.
- Addresses of the network: none are kept. A tag stands for one: a hash under a key that changes
  every 30 days, named by its number. It is no address; an address can be tested against it while
  the service has that key.
- Sound and pictures of video: they pass us by. Messages that had left the server's log.
- Who the victim is: nobody here knows.
"""


def _readme(case: ExportedCase) -> str:
    told = _README.format(label=case.label, site=inert(case.site), url=case.url, lane=case.lane)
    return _WARNING * case.is_child_safety + told


def _sums(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{_digest(files[name])}  {name}\n" for name in sorted(files)).encode()


def _json(value: object) -> bytes:
    """ASCII, so that nothing in it acts on whatever shows it."""
    return json.dumps(value, indent=2).encode() + b"\n"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
