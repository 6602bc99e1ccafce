"""What is drawn over a camera's picture, apart from the camera: proposed, wanted, in force.

It is judged by the rules of the configuration and by no others: over its camera it makes settings,
or is refused as a configuration would be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from agent.config.cameras import CameraSettings
from agent.config.picture import LineSettings, ZoneSettings


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lines and zones of one camera.

    Attributes:
        line: as in ``[[camera.line]]``.
        zone: as in ``[[camera.zone]]``.
    """

    line: tuple[LineSettings, ...] = ()
    zone: tuple[ZoneSettings, ...] = ()

    @classmethod
    def over(cls, camera: CameraSettings) -> Self:
        """What a camera's settings have drawn over it."""
        return cls(camera.line, camera.zone)

    def onto(self, camera: CameraSettings) -> CameraSettings:
        """The camera with this drawn over it instead; raises ValueError where that cannot be."""
        return replace(camera, line=self.line, zone=self.zone)
