"""The database's own guard: triggers over what is append-only, and over what is answered once.

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
    "moderation_rangeban",
    "moderation_rangebanlifting",
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

# Nothing changes but a claim and the answer, and that once. Of each table: what is kept, and when a
# row has been answered.
_KEPT = {
    "moderation_appeal": (
        ("decision_id", "decision_by_id", "decision_approved_by_id", "text", "created_at"),
        "OLD.outcome <> ''",
    ),
    "moderation_request": (
        ("kind", "target", "case_id", "payload", "why", "by_id", "created_at", "expires_at"),
        "OLD.outcome <> ''",
    ),
    "moderation_secondopinion": (
        ("decision_id", "decision_by_id", "asked_at"),
        "OLD.by_id IS NOT NULL",
    ),
}
_KEPT_WRONG = "keeps what was said, and how it was answered"

# SQLite's INSERT OR REPLACE changes a row by deleting it, and fires no trigger for that.
_REPLACEABLE = (*_NO_UPDATE, *_KEPT)

# What a row repeats of its decision is the decision's: {table: {own column: the decision's}}. The
# constraint that another person answers rests on it, and that what has no end took two people.
_REPEATED = {
    "moderation_appeal": {"decision_by_id": "by_id", "decision_approved_by_id": "approved_by_id"},
    "moderation_secondopinion": {"decision_by_id": "by_id"},
    "moderation_sanction": {"measure": "measure"},
}
_REPEATED_WRONG = "this is not what its decision says"

_REFUSE = f"""
CREATE OR REPLACE FUNCTION moderation_kept_refuse() RETURNS trigger AS $$
BEGIN
  RAISE EXCEPTION '% {_KEPT_WRONG}', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END
$$ LANGUAGE plpgsql
"""


def triggers_create(connection: BaseDatabaseWrapper) -> None:
    vendor = connection.vendor
    with connection.cursor() as cursor:
        if vendor == "postgresql":
            cursor.execute(_FUNCTION)
            cursor.execute(_REFUSE)
        for table, event in _guarded():
            cursor.execute(_statement(vendor, table, event))
        if vendor == "sqlite":
            for table in _REPLACEABLE:
                cursor.execute(_replace_statement(table))
        for table in _KEPT:
            cursor.execute(_kept_statement(vendor, table))
        for table in _REPEATED:
            for statement in _repeated_statements(vendor, table):
                cursor.execute(statement)


def triggers_drop(connection: BaseDatabaseWrapper) -> None:
    names = [(table, f"{table}_no_{event.lower()}") for table, event in _guarded()]
    names += [(table, f"{table}_no_replace") for table in _REPLACEABLE]
    names += [(table, f"{table}_update_kept") for table in _KEPT]
    names += [(table, f"{table}_insert_repeated") for table in _REPEATED]
    with connection.cursor() as cursor:
        for table, name in names:
            where = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{where}")


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


def _replace_statement(table: str) -> str:
    on_insert = f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"
    rows = f"FROM {table}"
    is_there = f"NEW.id IN (SELECT id {rows})"
    return f"{on_insert} WHEN {is_there} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"


def _kept_statement(vendor: str, table: str) -> str:
    kept, answered = _KEPT[table]
    changed = " OR ".join(f"NEW.{name} {_differs(vendor)} OLD.{name}" for name in kept)
    on_change = f"CREATE TRIGGER {table}_update_kept BEFORE UPDATE ON {table}"
    is_changed = f"({answered} OR {changed})"
    if vendor == "postgresql":
        refuse = "EXECUTE FUNCTION moderation_kept_refuse()"
        return f"{on_change} FOR EACH ROW WHEN {is_changed} {refuse}"
    refuse = f"SELECT RAISE(ABORT, '{table} {_KEPT_WRONG}')"
    return f"{on_change} WHEN {is_changed} BEGIN {refuse}; END"


def _repeated_statements(vendor: str, table: str) -> list[str]:
    on_insert = f"CREATE TRIGGER {table}_insert_repeated BEFORE INSERT ON {table}"
    decision = "FROM moderation_decision WHERE id = NEW.decision_id"
    is_other = " OR ".join(
        f"NEW.{own} {_differs(vendor)} (SELECT {column} {decision})"
        for own, column in _REPEATED[table].items()
    )
    if vendor == "postgresql":
        # A condition there knows no other table: a function asks.
        return [
            f"""
            CREATE OR REPLACE FUNCTION {table}_repeated() RETURNS trigger AS $$
            BEGIN
              IF {is_other} THEN
                RAISE EXCEPTION '{_REPEATED_WRONG}'
                  USING ERRCODE = 'integrity_constraint_violation';
              END IF;
              RETURN NEW;
            END
            $$ LANGUAGE plpgsql
            """,
            f"{on_insert} FOR EACH ROW EXECUTE FUNCTION {table}_repeated()",
        ]
    return [f"{on_insert} WHEN {is_other} BEGIN SELECT RAISE(ABORT, '{_REPEATED_WRONG}'); END"]


def _differs(vendor: str) -> str:
    return "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
