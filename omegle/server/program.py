"""Become one program of a copy, for what keeps processes elsewhere: systemd, a container.

    python -m omegle.server.program web|worker|screener|beat|frames

The same commands as under `make run` (`omegle.server.supervisor`). SIGTERM ends each in order,
within DRAIN_SECONDS and a little. `frames` is for copies that check cameras.
"""

import os
import sys

from omegle.server.supervisor import WEB, programs


def main() -> None:
    members = programs(web=WEB, reloads=False, drain_seconds=0, checks_frames=True)
    commands = {member.name: member.command for member in members}
    match sys.argv[1:]:
        case [name] if name in commands:
            os.execv(sys.executable, commands[name])  # noqa: S606  (no shell is wanted)
        case _:
            sys.exit(f"usage: python -m omegle.server.program {'|'.join(commands)}")


if __name__ == "__main__":
    main()
