"""The step `validate`: what is wrong with the parcels of a commune, and what they are worth."""

from pipelines.validate.checks import CHECKS, examine
from pipelines.validate.grade import Judgement, judge
from pipelines.validate.run import Validated, run
from pipelines.validate.scene import Check, Scene

__all__ = ["CHECKS", "Check", "Judgement", "Scene", "Validated", "examine", "judge", "run"]
