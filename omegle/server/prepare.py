"""What one copy needs before its processes start; what is there already is left as it is.

Called by `omegle.run` only, in this order: the directory and the secret while no settings are
loaded, then what needs Django.
"""

import base64
import errno
import fcntl
import hashlib
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from omegle import env
from omegle.server.trouble import Trouble

if TYPE_CHECKING:
    from moderation.staff import Enrolment


def write_private(path: Path, text: str) -> None:
    """Put a file that only we may read in place, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text)
    new.replace(path)


@contextmanager
def run_directory(run_dir: Path) -> Iterator[None]:
    """Hold RUN_DIR, made when it is missing, for this copy alone."""
    try:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (run_dir / "lock").open("w")
    except OSError as error:
        raise Trouble(f"RUN_DIR {run_dir} cannot be used: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                f"another copy runs in RUN_DIR {run_dir}: choose another for this one"
            ) from None
        yield


def secret_key(run_dir: Path) -> None:
    """Make the key that signs cookies, unless the operator gave one or it was made before."""
    path = run_dir / "secret-key"
    if not env.text("SECRET_KEY") and not path.exists():
        write_private(path, secrets.token_urlsafe(50))


def evidence_key(run_dir: Path) -> None:
    """Make the key that seals what reports hold, as `secret_key`; whoever loses it loses that."""
    path = run_dir / "evidence-key"
    if not env.text("EVIDENCE_KEYS") and not path.exists():
        write_private(path, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def port_is_free(host: str, port: int) -> None:
    """Listen for a moment where the web server will."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Trouble(f"port {port} of {host} is in use: choose another with PORT") from None
        raise Trouble(f"cannot listen on port {port} of {host}: {error.strerror}") from None


def database() -> None:
    """Bring the database to the present models."""
    from django.core.management import call_command
    from django.db import Error, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except Error as error:
        raise Trouble(f"the database cannot be used: {str(error).splitlines()[0]}") from None


def static_files() -> None:
    """Collect what browsers load, unless nothing changed since the last time."""
    import django
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    files = sorted(
        Path(storage.path(path))
        for finder in get_finders()
        for path, storage in finder.list(["CVS", ".*", "*~"])
    )
    seen = hashlib.sha256(f"{django.__version__} {settings.STORAGES}".encode())
    for file in files:
        stat = file.stat()
        seen.update(f"{file} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    record = settings.RUN_DIR / "static-seen"
    if record.exists() and record.read_text() == seen.hexdigest():
        return
    record.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    record.write_text(seen.hexdigest())


def first_administrator() -> "Enrolment | None":
    """Make somebody who may sign in and do everything, when there is nobody yet."""
    from django.contrib.auth import get_user_model

    from moderation.staff import staff_enrol

    if get_user_model().objects.exists():
        return None
    return staff_enrol(name="admin", role=None)
