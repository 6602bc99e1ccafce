"""Pictures from a clip, a camera on USB or a camera on the network.

Pictures live in memory only: nothing here writes a file. Import from the modules themselves.
"""
