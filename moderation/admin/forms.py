"""What the desk's own forms take. The services check what it means."""

from typing import get_args

from django import forms

from moderation.policy import LANES, MEASURES, RULES, Lane


class DecisionForm(forms.Form):
    """A decision on the version of the case that was shown."""

    version = forms.IntegerField(min_value=1)
    measure = forms.ChoiceField(
        choices=list(MEASURES.items()), error_messages={"required": "Choose a measure."}
    )
    rule = forms.ChoiceField(
        choices=[("", ""), *((key, rule.title) for key, rule in RULES.items())], required=False
    )
    facts = forms.CharField(max_length=500, required=False)
    why = forms.CharField(max_length=1000, required=False)

    def typed(self) -> dict[str, str]:
        """Give what was typed, whether or not it is any good."""
        return {name: str(self.data.get(name, "")) for name in ("measure", "rule", "facts", "why")}

    def sentence(self) -> str:
        """Give what is wrong, in one sentence."""
        return " ".join(
            str(message) if field == "measure" else f"{field.capitalize()}: {message}"
            for field, messages in self.errors.items()
            for message in messages
        )


class NextForm(forms.Form):
    """Which lane the next case is wanted from; any when it is left out."""

    lane = forms.ChoiceField(choices=[(lane, lane) for lane in get_args(Lane)], required=False)


class AnswerForm(forms.Form):
    """The answer to an appeal, on the version that was shown."""

    version = forms.IntegerField(min_value=1)
    outcome = forms.ChoiceField(
        choices=[("granted", "Grant"), ("refused", "Refuse")],
        error_messages={"required": "Grant the appeal or refuse it."},
    )
    why = forms.CharField(
        max_length=500, error_messages={"required": "Say why: the person reads it."}
    )

    def sentence(self) -> str:
        """Give what is wrong, in one sentence."""
        return " ".join(str(message) for found in self.errors.values() for message in found)


class NoticeAnswerForm(forms.Form):
    """The decision on a notice, on the version that was shown."""

    version = forms.IntegerField(min_value=1)
    outcome = forms.ChoiceField(
        choices=[(each, each) for each in ("removed", "measure", "no_action")],
        error_messages={"required": "Choose what is to be done."},
    )
    why = forms.CharField(
        max_length=1000, error_messages={"required": "Say why: whoever sent it reads it."}
    )
    named = forms.CharField(max_length=300, required=False)

    def sentence(self) -> str:
        """Give what is wrong, in one sentence."""
        return " ".join(str(message) for found in self.errors.values() for message in found)


class ReporterForm(forms.Form):
    """What is to be done about the reporter of a report, and why."""

    report = forms.CharField(max_length=16)
    do = forms.ChoiceField(choices=[(do, do) for do in ("mute", "unmute", "set-aside")])
    why = forms.CharField(max_length=500)


class HoldForm(forms.Form):
    """Whose evidence is to be on legal hold, or no longer, and why."""

    report = forms.CharField(max_length=16)
    hold = forms.ChoiceField(choices=[("on", "on"), ("off", "off")])
    why = forms.CharField(max_length=500)


class LanesForm(forms.Form):
    """The lanes somebody wants to see; none is a choice too."""

    lanes = forms.MultipleChoiceField(choices=list(LANES.items()), required=False)


class OpinionForm(forms.Form):
    """What somebody would have decided."""

    measure = forms.ChoiceField(
        choices=list(MEASURES.items()), error_messages={"required": "Choose a measure."}
    )
    rule = forms.ChoiceField(
        choices=[("", ""), *((key, rule.title) for key, rule in RULES.items())], required=False
    )

    def sentence(self) -> str:
        """Give what is wrong, in one sentence."""
        return " ".join(str(message) for found in self.errors.values() for message in found)


class RangeForm(forms.Form):
    """Which network is to be kept out, for how long and why."""

    network = forms.CharField(max_length=43)
    days = forms.IntegerField()
    rule = forms.ChoiceField(choices=[(key, rule.title) for key, rule in RULES.items()])
    facts = forms.CharField(max_length=500)
    why = forms.CharField(max_length=500)

    def sentence(self) -> str:
        """Give what is wrong, in one sentence."""
        return " ".join(
            f"{field.capitalize()}: {message}"
            for field, messages in self.errors.items()
            for message in messages
        )
