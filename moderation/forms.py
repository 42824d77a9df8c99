"""What people fill in on public pages and behind secret links. The services check what it means."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy, ngettext

from moderation.drafts import NoticeDraft
from moderation.policy import APPEAL_CHARS, NOTICE_CHARS, NOTICE_KINDS


class AppealForm(forms.Form):
    """An appeal against a decision; a line break counts as one character, as the page counts it."""

    text = forms.CharField(
        error_messages={"required": gettext_lazy("Say why the decision is wrong.")}
    )

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if len(text) > APPEAL_CHARS:
            raise forms.ValidationError(_too_long(APPEAL_CHARS))
        return text

    def sentence(self) -> str:
        """Give what is wrong, in one sentence."""
        return " ".join(str(message) for message in self.errors["text"])


class NoticeForm(forms.Form):
    """A notice from outside; a line break counts as one character, as the page counts it."""

    kind = forms.ChoiceField(
        choices=[(kind, gettext_lazy(label)) for kind, label in NOTICE_KINDS.items()],
        error_messages={"required": gettext_lazy("Choose what it is about.")},
    )
    text = forms.CharField(error_messages={"required": gettext_lazy("Say what is wrong, and why.")})
    place = forms.CharField(
        max_length=500, error_messages={"required": gettext_lazy("Say where and when.")}
    )
    named = forms.CharField(max_length=300, required=False)
    name = forms.CharField(max_length=120, required=False)
    contact = forms.EmailField(max_length=254, required=False)
    may_speak = forms.BooleanField(required=False)
    good_faith = forms.BooleanField(
        error_messages={"required": gettext_lazy("We need this statement to act on a notice.")}
    )

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if len(text) > NOTICE_CHARS:
            raise forms.ValidationError(_too_long(NOTICE_CHARS))
        return text

    def clean(self) -> dict[str, Any]:
        """Ask of a notice of an intimate picture what the law does: who speaks, and for whom."""
        if self.cleaned_data.get("kind") == "intimate":
            if not self.cleaned_data.get("may_speak"):
                self.add_error(
                    "may_speak", gettext("For an intimate picture we need this statement.")
                )
            if "name" in self.cleaned_data and not self.cleaned_data["name"]:
                self.add_error("name", gettext("For an intimate picture, sign with your name."))
        return self.cleaned_data

    def draft(self) -> NoticeDraft:
        """Give what was written, once it is valid."""
        written = ("text", "place", "named", "name", "contact")
        return NoticeDraft(**{name: self.cleaned_data[name] for name in written})


def _too_long(most: int) -> str:
    message = ngettext(
        "Say it in up to %(count)s character.", "Say it in up to %(count)s characters.", most
    )
    return message % {"count": most}
