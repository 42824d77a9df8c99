"""The entry form."""

import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

_OLDEST = datetime.date(1900, 1, 1)


class EntryForm(forms.Form):
    """Birth date and terms. It hints at no threshold: who is too young is for the view to say."""

    birth_date = forms.DateField(
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": gettext_lazy("Please enter your date of birth."),
            "invalid": gettext_lazy("Please enter your date of birth as year-month-day."),
        },
    )
    terms = forms.ChoiceField(
        choices=[("on", "on")],
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"),
            gettext_lazy("Please read and accept the terms to enter."),
        ),
    )

    def clean_birth_date(self) -> datetime.date:
        birth_date: datetime.date = self.cleaned_data["birth_date"]
        if self.data["birth_date"].strip() != birth_date.isoformat():
            raise forms.ValidationError(self.fields["birth_date"].error_messages["invalid"])
        if not _OLDEST <= birth_date <= timezone.now().date():
            raise forms.ValidationError(gettext("Please check your date of birth."))
        return birth_date
