"""The view through a camera, for the person who sets it up, and for as long as that person looks.

The watcher alone holds pictures. Over a private socket that it inherits from the agent it is asked
for what it sees (``words``), answers with its next picture (``eyepiece``), and counts on the side
what the person has drawn (``trial``); the product's own counting is not touched. The agent asks
through ``finder`` and hands on what it gets; nothing of it is kept, logged or written by either.

Nothing is imported here: the agent's side must stay light.
"""
