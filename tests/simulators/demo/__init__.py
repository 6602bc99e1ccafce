"""The demo: a cloud and shops as real processes, and tills that play a day into their folders.

Nothing here is a path of its own through the product: it writes configuration files, runs the same
commands an operator would run, and reads the figures back through the same doors.
"""
