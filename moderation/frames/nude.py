"""The detector `nudenet` (the extra `frames`): a small model that comes with its package.

It needs no network, and its model takes pictures of 320 pixels. Of its labels `detector` has a
table.
"""

from pathlib import Path

from moderation.frames.detector import Finding


class NudeNet:
    """A detector of bare skin that is not for strangers."""

    def __init__(self) -> None:
        import cv2
        import nudenet
        import onnxruntime

        cv2.setNumThreads(1)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._detector = nudenet.NudeDetector()
        # Its own session takes a thread for every core; this one leaves them to the others.
        self._detector.onnx_session = onnxruntime.InferenceSession(
            str(Path(nudenet.__file__).parent / "320n.onnx"),
            sess_options=options,
            providers=["CPUExecutionProvider"],
        )

    def detect(self, jpeg: bytes) -> list[Finding]:
        found = self._detector.detect(jpeg)
        return [Finding(each["class"], round(float(each["score"]), 3)) for each in found]
