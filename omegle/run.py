"""`make run`: a whole copy of the project on one machine, with nothing to set up first.

    python -m omegle.run [--dev]

Prepares RUN_DIR (`omegle.server.prepare`), then runs Redis (unless REDIS_URL is set), the web
server, the Celery workers, the beat and, where it makes sense, a TURN server under supervisord
until SIGINT, SIGTERM or SIGHUP, which end all of them in order; then the exit status is 0. What
stops the start is one line on stderr, with status 2 for a setting and 1 for anything else.
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

from omegle import env
from omegle.server import prepare, private_redis, turn
from omegle.server.readiness import READY, readiness
from omegle.server.supervisor import (
    WEB,
    Program,
    Supervisor,
    programs,
    redis_program,
    turn_program,
)
from omegle.server.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent
_READY_SECONDS = 60
# Where the copy is, for manage.py in another terminal.
_PLACE = ("DEBUG", "HOST", "PORT", "PUBLIC_URL")


def main() -> None:
    parser = argparse.ArgumentParser(prog="omegle.run", description="Run one copy of Omegle.")
    parser.add_argument("--dev", action="store_true", help="DEBUG=1 on a server that reloads code")
    dev = parser.parse_args().dev
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Who started us with nohup means it.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        run(dev=dev)
    except Trouble as trouble:
        _fail(str(trouble), trouble.code)
    except private_redis.Unavailable as error:
        _fail(str(error), 1)
    except ImproperlyConfigured as error:
        _fail(str(error), 2)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # Once is enough: what follows must not be interrupted.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    print("omegle:", " ".join(message.split()), file=sys.stderr)
    sys.exit(code)


def run(*, dev: bool) -> None:
    """Run until a signal; each part that was set up is taken down again in the reverse order."""
    os.umask(0o077)
    run_dir = env.directory("RUN_DIR", ROOT / ".run")
    os.environ |= {"DJANGO_SETTINGS_MODULE": "omegle.settings", "RUN_DIR": str(run_dir)}
    os.environ["DRAIN_SECONDS"] = env.text("DRAIN_SECONDS", "5")
    if dev:
        os.environ["DEBUG"] = "1"
    with ExitStack() as stack:
        stack.enter_context(prepare.run_directory(run_dir))
        prepare.secret_key(run_dir)
        prepare.evidence_key(run_dir)
        private = private_redis.private_directory()
        stack.callback(shutil.rmtree, private, ignore_errors=True)
        redis = None
        if not env.text("REDIS_URL"):
            redis = redis_program(private)
            os.environ["REDIS_URL"] = private_redis.url(private)
            # For manage.py in another terminal.
            prepare.write_private(run_dir / "redis-url", private_redis.url(private))
            stack.callback((run_dir / "redis-url").unlink, missing_ok=True)
        relay, chosen = _choose_video(run_dir, private)
        if _is_only_here() and not env.text("SIMULATE_TOKEN"):
            chosen["SIMULATE_TOKEN"] = secrets.token_hex(32)
        os.environ |= chosen
        told = {name: env.text(name) for name in _PLACE if env.text(name)}
        prepare.write_private(run_dir / "running", json.dumps(told | chosen))
        stack.callback((run_dir / "running").unlink, missing_ok=True)
        _prepare_django(dev=dev)

        from django.conf import settings

        address = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
        members = programs(
            web=["manage.py", "runserver", f"{address}:{settings.PORT}"] if dev else WEB,
            reloads=dev,
            drain_seconds=settings.DRAIN_SECONDS,
            checks_frames=settings.FRAME_CHECKS and settings.VIDEO != "off",
        )
        if relay is not None:
            members.append(relay)
        supervisor = stack.enter_context(
            Supervisor(members, redis=redis, run_dir=run_dir, private=private, root=ROOT)
        )
        _wait_until_ready(supervisor)
        print(f"Omegle is ready: {settings.PUBLIC_URL}", flush=True)
        supervisor.wait()
        raise Trouble("the process manager ended")


def _is_only_here() -> bool:
    """Whether nobody but this machine reaches the copy."""
    public = env.origin("PUBLIC_URL", "http://127.0.0.1").hostname or ""
    return env.is_loopback(env.text("HOST", "127.0.0.1")) and env.is_loopback(public)


def _choose_video(run_dir: Path, private: Path) -> tuple[Program | None, dict[str, str]]:
    """Give a TURN server to run, and the settings of what works here, unless the operator chose.

    It relays within this machine, so only a copy that nobody else reaches gets one; without coturn
    such a copy has direct video.
    """
    chosen = env.text("VIDEO").lower()
    if chosen not in ("", "relay") or env.text("TURN_URLS") or not _is_only_here():
        return None, {}
    program = turn.executable()
    if program is None:
        return None, {"VIDEO": chosen or "direct"}
    place, file = turn.turn_new(), run_dir / "turnserver.conf"
    prepare.write_private(file, turn.configuration(place, directory=private))
    return turn_program(turn.command(program, file)), {"VIDEO": "relay"} | place.settings


def _prepare_django(*, dev: bool) -> None:
    import django

    django.setup()

    from django.conf import settings
    from django.db import connections

    from omegle.checks import frames_check, video_check

    for message in (*video_check(), *frames_check()):
        if message.is_serious():
            raise Trouble(f"{message.msg} {message.hint}", 2)
    prepare.port_is_free(settings.HOST, settings.PORT)
    prepare.database()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    if not dev:
        prepare.static_files()
    if enrolment := prepare.first_administrator():
        print(
            "The first member of staff may do everything; this is shown once:",
            f"  address   {settings.PUBLIC_URL}/admin/",
            *enrolment.lines(),
            "Put the secret, or the link, into an authenticator app: signing in takes its code.",
            sep="\n",
            flush=True,
        )
    connections.close_all()


def _wait_until_ready(supervisor: Supervisor) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        supervisor.check()
        said = readiness()
        if said == READY:
            return
        if time.monotonic() > deadline:
            raise Trouble(f"not ready after {_READY_SECONDS} s ({said})")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
