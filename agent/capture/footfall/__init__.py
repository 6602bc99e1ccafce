"""Footfall: people who cross a line in front of a camera become counts; only counts leave here.

The agent starts one ``watcher`` process per camera, which alone holds pictures, and keeps minutes
of what it says. Nothing that the running agent imports from here may import numpy, OpenCV or
onnxruntime: those belong to the watcher.
"""
