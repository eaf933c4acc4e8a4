"""The client's pipe: two descriptors that belong to the protocol alone, and lines over them.

Standard output is the protocol's, yet any library may print. So the protocol moves to private
duplicates, which child processes do not inherit; descriptor 1 then leads to standard error and
descriptor 0 to nothing. Posix only: it waits with `select`.
"""

from __future__ import annotations

import os
import select

_CHUNK = 65_536


class Pipe:
    """Both ends of the talk with a client, without threads and without an event loop.

    Attributes:
        incoming: Descriptor to read from.
        outgoing: Descriptor to write to.
        ended: True once the client has closed its end.
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self.incoming = incoming
        self.outgoing = outgoing
        self.ended = False
        self._unread = bytearray()
        self._searched = 0

    @classmethod
    def claim(cls) -> Pipe:
        """Take standard input and output for the protocol.

        Raises:
            OSError: One of them is closed.
        """
        pipe = cls(_above_standard(0), _above_standard(1))
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        try:
            os.dup2(2, 1)
        except OSError:  # there is no standard error either
            os.dup2(nothing, 1)
        os.close(nothing)
        return pipe

    def line(self) -> bytes | None:
        """Give the next whole line that was read, without its end; None when there is none.

        What stands after the last line end counts as a line once the client is gone.
        """
        end = self._unread.find(b"\n", self._searched)
        if end < 0 and not (self.ended and self._unread):
            self._searched = len(self._unread)
            return None
        end = len(self._unread) if end < 0 else end
        found = bytes(self._unread[:end])
        del self._unread[: end + 1]
        self._searched = 0
        return found

    def read(self) -> None:
        """Read what is there; waits when nothing is."""
        chunk = os.read(self.incoming, _CHUNK)
        self._unread += chunk
        self.ended = not chunk

    def wait(self, seconds: float) -> bool:
        """Wait so long for something to read, and read it; True when there was something."""
        if not select.select([self.incoming], [], [], seconds)[0]:
            return False
        self.read()
        return True

    def send(self, data: bytes) -> None:
        """Write bytes, and read meanwhile: a client may send all it has before it listens.

        Raises:
            BrokenPipeError: The client listens no more.
        """
        rest = memoryview(data)
        while rest:
            reading = [] if self.ended else [self.incoming]
            readable, writable, _ = select.select(reading, [self.outgoing], [])
            if writable:
                rest = self.write_some(rest)
            elif readable:
                self.read()

    def has_room(self) -> bool:
        """Tell whether `write_some` goes without waiting."""
        return bool(select.select([], [self.outgoing], [], 0)[1])

    def write_some(self, data: memoryview) -> memoryview:
        """Write as much as fits for sure where there is room; give the rest back.

        Raises:
            BrokenPipeError: The client listens no more.
        """
        return data[os.write(self.outgoing, data[: select.PIPE_BUF]) :]


def _above_standard(descriptor: int) -> int:
    """Duplicate a descriptor to one above standard error, closed to child processes."""
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
