"""Whether a camera can be trusted: lens covered, camera moved, too dark, picture frozen.

Pure: small grey pictures and their times in, spans of trouble out; no clock, file or thread. The
small pictures live in memory only, as the large ones do. Import from the modules themselves.
"""
