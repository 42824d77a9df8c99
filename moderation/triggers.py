"""The database's own guard over what is append-only, appeals and second opinions: triggers.

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

# Of what answers a decision nothing changes but its claim and its answer, and that once. The
# constraint that another person answers rests on `decision_by_id`: it is the decision's author, or
# nothing at all. Of each table: what is kept, and when a row has been answered.
_ANSWERS = {
    "moderation_appeal": (
        ("decision_id", "decision_by_id", "text", "created_at"),
        "OLD.outcome <> ''",
    ),
    "moderation_secondopinion": (
        ("decision_id", "decision_by_id", "asked_at"),
        "OLD.by_id IS NOT NULL",
    ),
}
_AUTHOR = "(SELECT by_id FROM moderation_decision WHERE id = NEW.decision_id)"
_WRONG = "keeps what was said, of whom, and how it was answered"
_ANSWER_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION moderation_answer_refuse() RETURNS trigger AS $$
BEGIN
  RAISE EXCEPTION '% {_WRONG}', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END
$$ LANGUAGE plpgsql;
CREATE OR REPLACE FUNCTION moderation_answer_author() RETURNS trigger AS $$
BEGIN
  IF NEW.decision_by_id IS DISTINCT FROM {_AUTHOR} THEN
    RAISE EXCEPTION '% {_WRONG}', TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$ LANGUAGE plpgsql
"""


def triggers_create(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
            cursor.execute(_ANSWER_FUNCTIONS)
        for table, event in _guarded():
            cursor.execute(_statement(connection.vendor, table, event))
        for table in _ANSWERS:
            for statement in _answer_statements(connection.vendor, table):
                cursor.execute(statement)


def triggers_drop(connection: BaseDatabaseWrapper) -> None:
    names = [(table, f"{table}_no_{event.lower()}") for table, event in _guarded()]
    names += [
        (table, f"{table}_{event}_kept") for table in _ANSWERS for event in ("insert", "update")
    ]
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


def _answer_statements(vendor: str, table: str) -> list[str]:
    kept, answered = _ANSWERS[table]
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in kept)
    on_change = f"CREATE TRIGGER {table}_update_kept BEFORE UPDATE ON {table}"
    on_insert = f"CREATE TRIGGER {table}_insert_kept BEFORE INSERT ON {table}"
    is_changed = f"({answered} OR {changed})"
    if vendor == "postgresql":
        # A condition there knows no other table: the function asks.
        author, refused = "moderation_answer_author", "moderation_answer_refuse"
        return [
            f"{on_insert} FOR EACH ROW EXECUTE FUNCTION {author}()",
            f"{on_change} FOR EACH ROW WHEN {is_changed} EXECUTE FUNCTION {refused}()",
        ]
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} {_WRONG}'); END"
    return [
        f"{on_insert} WHEN NEW.decision_by_id {differs} {_AUTHOR} {refuse}",
        f"{on_change} WHEN {is_changed} {refuse}",
    ]
