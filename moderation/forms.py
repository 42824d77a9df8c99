"""What visitors fill in on the pages behind secret links. The services check what it means."""

from django import forms

from moderation.policy import APPEAL_CHARS


class AppealForm(forms.Form):
    """An appeal against a decision; a line break counts as one character, as the page counts it."""

    text = forms.CharField(error_messages={"required": "Say why the decision is wrong."})

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if len(text) > APPEAL_CHARS:
            raise forms.ValidationError(f"Say it in up to {APPEAL_CHARS} characters.")
        return text

    def sentence(self) -> str:
        """Give what is wrong, in one sentence."""
        return " ".join(str(message) for message in self.errors["text"])
