"""Checks that each code block of a document says where its commands run, and runs those of a place."""

import signal
import sys

import documents
from blocks import PLACES

# As Ctrl-C, so that an ended check leaves nothing behind.
signal.signal(signal.SIGTERM, signal.default_int_handler)

place, *names = sys.argv[1:] or [None]
if place not in (None, *PLACES):
    sys.exit(f"usage: docs/check [{'|'.join(PLACES)} [DOCUMENT...]]")
try:
    names = names or documents.bash("git ls-files --cached --others --exclude-standard '*.md'").split()
    failed = [name for name in names if (documents.run(name, place) if place else documents.check(name))]
except KeyboardInterrupt:
    print("interrupted; what the commands had started was ended and removed")
    sys.exit(130)
print(f"failed: {', '.join(failed)}" if failed else "all documents passed")
sys.exit(bool(failed))
