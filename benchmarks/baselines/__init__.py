"""Relays to compare with: each pairs strangers as they come and passes on what they say.

They keep nothing, check nothing and limit nothing. `find` (the one frame they look at) gives up the
present stranger and looks for the next; whatever else a stranger sends goes to the other as it is.
Each takes the port to listen on as its only argument.
"""
