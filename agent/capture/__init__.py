"""The outside world becomes events: what the till wrote, what the camera counted.

Nothing here knows of the network. Capture meets the rest of the agent at the outbox alone, so the
cable can be pulled and nothing in this folder notices.
"""
