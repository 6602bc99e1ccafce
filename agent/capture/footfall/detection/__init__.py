"""People in one picture: an ONNX network, what it wants to see and how its answer is read.

Import from the modules themselves: ``detections`` and ``detector`` need numpy alone, ``loading``
brings onnxruntime and OpenCV.
"""
