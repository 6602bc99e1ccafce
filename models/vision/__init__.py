"""The networks that look at pictures, as data; read by the agent alone, never by the cloud.

``networks.toml`` names every network we may run: what it is called, the SHA-256 that its bytes must
have, how a picture becomes its input, how its output is read, and where its bytes may come from.
``manifest`` reads that file strictly and checks bytes against it; ``cards/`` tells people what each
network is good for. No weights are kept here.

``manifest`` needs msgspec alone. The other modules need numpy and onnx, and make an ONNX file out
of a TensorFlow.js graph in a process of their own: ``package`` reads it out of a tarball, ``tfjs``
understands it, ``convert`` walks it, ``operators`` knows each operation, ``assembly`` writes ONNX.
"""
