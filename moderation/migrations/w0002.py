"""What is append-only is so for everybody, by triggers."""

from django.db import migrations

from moderation.triggers import triggers_create, triggers_drop


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: triggers_create(editor.connection),
            lambda apps, editor: triggers_drop(editor.connection),
        )
    ]
