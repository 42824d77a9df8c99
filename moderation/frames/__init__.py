"""What a small picture of somebody's camera shows: detectors, what their findings mean, a process.

Nothing here knows Django, Redis or who is seen: pictures go in, findings come out. `child` is the
process that looks, and the only one that decodes what a stranger sent; `process` keeps it.
"""
