"""Whether the web server of this machine takes visitors, asked as a load balancer would.

    python -m omegle.server.readiness [--wait SECONDS]

Exits with 0 when it does, else with 1 and one line that says what it answered: for a container's
health check, and for what waits for a process that was started. It reads HOST, PORT and PUBLIC_URL
alone, so that it needs neither the secret nor the database.
"""

import argparse
import sys
import time
from http.client import HTTPConnection, HTTPException

from omegle import env

READY = "ready"
_POLL_SECONDS = 0.2


def readiness() -> str:
    """Ask once, for 3 seconds at most; give `READY`, or what was answered."""
    # Where everywhere is listened to, the loopback address is as good as any.
    listens = env.text("HOST", "127.0.0.1")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listens, listens)  # noqa: S104
    port = env.integer("PORT", 8000, low=1, high=65535)
    public = env.origin("PUBLIC_URL", f"http://127.0.0.1:{port}")
    connection = HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", "/readyz", headers={"Host": public.netloc})
        response = connection.getresponse()
        body = response.read(1000).decode(errors="replace")
    except (OSError, HTTPException):
        return "the web server does not answer"
    finally:
        connection.close()
    return READY if response.status == 200 else f"{response.status} {body}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="omegle.server.readiness")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS")
    deadline = time.monotonic() + parser.parse_args().wait
    while (said := readiness()) != READY:
        if time.monotonic() >= deadline:
            sys.exit(f"omegle: {said}")
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    main()
