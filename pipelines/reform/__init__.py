"""Reform: what a change of communes makes of what is loaded, as a plan and as one transaction for each new commune.

A parcel stays what it is and gets another key: the commune and era of today, and the number its sheet has there. All
that the register says of it goes with it, and its identifier. What nobody knows (whose side of a line, which sheet)
stays where it is and is told.
"""

from pipelines.reform.apply import apply
from pipelines.reform.files import apply_files, plan_files, undo_files
from pipelines.reform.receipts import Receipt
from pipelines.reform.scopes import Reform, of
from pipelines.reform.undo import undo

__all__ = ["Receipt", "Reform", "apply", "apply_files", "of", "plan_files", "undo", "undo_files"]
