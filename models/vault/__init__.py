"""Personal data at rest, on both sides: one key per identifier, sealed in place, keys kept apart.

``keyring`` holds the keys, ``seal`` turns personal literals of an event into sealed ones and back,
``blob`` seals whole files. Nothing of these travels: on the wire events are plain under TLS. What
must not be plain there either, such as a key, is sealed to one recipient by ``exchange``.
"""
