"""Whether a camera can be trusted: is its lens covered, was it moved, is it dark, does it stand still?

Pure: small grey pictures and their times in, spans of trouble out; no clock, file or thread. The
small pictures live in memory only, as the large ones do. Import from the modules themselves.
"""
