"""From covers on a server to one collage per creator: the core beside its peers.

Read `__main__.py` first: it paints the covers, starts the server and runs the contenders.
"""
