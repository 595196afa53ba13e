"""Tie a program to the process that starts it, give up root if told so, then become that program.

A script, not a module: `python -I leash.py SIGNAL PARENT_PID IDENTITY program arguments…`.
The kernel sends SIGNAL when the parent dies, however it dies, so kill -9 leaves no orphans.
IDENTITY is `-` (stay who you are), `UID:GID`, or `UID:GID:reach`: reach keeps the one capability that
lets PostgreSQL, which refuses to be root, use files below a folder that only root may enter.
Elsewhere than on Linux the tie does not exist and is skipped.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


def main(arguments: list[str]) -> None:
    """Replace this process by the program. Exits quietly when the parent is already gone."""
    signal_name, parent_pid, identity, *command = arguments
    if identity != "-":
        _become(identity)
    if sys.platform == "linux":
        # After the identity: a change of credentials would undo the tie.
        _prctl(_PR_SET_PDEATHSIG, signal.Signals[signal_name])
        if os.getppid() != int(parent_pid):
            sys.exit(0)
    os.execvp(command[0], command)  # noqa: S606 - becoming another program is the purpose


def _become(identity: str) -> None:
    uid, gid, *reach = identity.split(":")
    if reach:
        _prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))
    if reach:
        _keep_reach()


def _keep_reach() -> None:
    """Hold CAP_DAC_OVERRIDE, and nothing else of root, across the exec."""
    bit = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable; low words first
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE)


def _prctl(option: int, *values: int) -> None:
    padded = (*values, 0, 0, 0, 0)[:4]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, *(ctypes.c_ulong(value) for value in padded)) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")


if __name__ == "__main__":
    main(sys.argv[1:])
