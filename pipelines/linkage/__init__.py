"""The same person over communes: who is one, who may be, and who is not.

Nothing here changes a row of the registers. What is decided lies beside them and can be taken back.
"""

from pipelines.linkage.run import Decided, Linked, link

__all__ = ["Decided", "Linked", "link"]
