"""The database's own guard over what is append-only: triggers that refuse.

Migrations call `triggers_create`. On SQLite Django rebuilds a table when it alters one, and its
triggers go with the old table: such a migration has to create them again.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

# Nobody may change a row; of the audit log nobody may delete one either.
_NO_UPDATE = (
    "moderation_auditentry",
    "moderation_decision",
    "moderation_lifting",
    "moderation_sanction",
    "moderation_sanctionend",
    "moderation_activity",
)
_NO_DELETE = ("moderation_auditentry",)

_FUNCTION = """
CREATE OR REPLACE FUNCTION moderation_append_only() RETURNS trigger AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END
$$ LANGUAGE plpgsql
"""


def triggers_create(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for table, event in _guarded():
            cursor.execute(_statement(connection.vendor, table, event))


def triggers_drop(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for table, event in _guarded():
            where = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event.lower()}{where}")


def _guarded() -> list[tuple[str, str]]:
    return [(table, "UPDATE") for table in _NO_UPDATE] + [(table, "DELETE") for table in _NO_DELETE]


def _statement(vendor: str, table: str, event: str) -> str:
    name = f"{table}_no_{event.lower()}"
    if vendor == "postgresql":
        # TRUNCATE fires no trigger for rows.
        events = "DELETE OR TRUNCATE" if event == "DELETE" else event
        return (
            f"CREATE TRIGGER {name} BEFORE {events} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION moderation_append_only()"
        )
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )
