"""One run: simulate it, stop and resume it, keep it in a folder, and read it back.

`start` is the entrance, `folder` holds the state, `execute` simulates what is missing, `assemble` writes the tables
from chunks, and `results` reads them. A folder is complete once its `manifest` is there.
"""
