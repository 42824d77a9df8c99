"""Dates in English: the day first, the month in full; a time beside it on the desk's lists."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j M Y, H:i T"
