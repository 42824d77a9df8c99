"""What may be said: rules, how a text is matched against them, and what a whole talk looks like.

Pure: no framework, no storage. `rules` has the types, `book` the compiled rules, `spelling` sees
through disguises, `contacts` finds links, numbers and handles, `lists` has what we start with,
`talk` looks at a running talk. Services compile a book when the rules change and share it.
"""
