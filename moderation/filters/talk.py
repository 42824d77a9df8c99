def talk_signals(said): return []
def text_fingerprint(text): return None
class Said:
    def __init__(self,*a): pass
