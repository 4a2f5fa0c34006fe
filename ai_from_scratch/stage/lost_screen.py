"""A lost screen must not end the training, but Xlib, which Tk uses, would end the whole program.

When an X server goes away while Xlib sends or reads, Xlib calls the exit handler of that connection, which is `exit`.
This file replaces the handler (possible since libX11 1.7, of 2020).  The call of Xlib then returns.
"""

from __future__ import annotations

import ctypes
from typing import Any

_EXIT_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_IO_ERROR_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_kept: list[Any] = []       # C keeps the addresses of these handlers for the rest of the process


def survive(window: Any) -> bool:
    """Installs the handler for the screen of this Tk window.  False if Tk has no Xlib (on a Mac, on Windows), or an
    older one."""
    try:
        import _tkinter

        tk: Any = ctypes.CDLL(_tkinter.__file__)                   # this also loads the Tk and the Xlib that it uses
        tk.Tk_MainWindow.argtypes, tk.Tk_MainWindow.restype = [ctypes.c_void_p], ctypes.c_void_p
        tk.XConnectionNumber.argtypes, tk.Tcl_DeleteFileHandler.argtypes = [ctypes.c_void_p], [ctypes.c_int]
        tk.XSetIOErrorExitHandler.argtypes = [ctypes.c_void_p, _EXIT_HANDLER, ctypes.c_void_p]
        tk.XSetIOErrorExitHandler.restype = None
        tk.XSetIOErrorHandler.argtypes, tk.XSetIOErrorHandler.restype = [_IO_ERROR_HANDLER], ctypes.c_void_p
        main = tk.Tk_MainWindow(window.tk.interpaddr())            # a struct that begins with the connection
        connection = ctypes.cast(main, ctypes.POINTER(ctypes.c_void_p)).contents.value
        socket = tk.XConnectionNumber(connection)
    except (AttributeError, ImportError, OSError, ValueError):
        return False

    def stay(lost: int, data: int) -> None:
        tk.Tcl_DeleteFileHandler(socket)  # a closed socket is always ready: Tcl would read it for ever

    _kept.extend([_EXIT_HANDLER(stay), _IO_ERROR_HANDLER(lambda lost: 0)])
    tk.XSetIOErrorExitHandler(connection, _kept[-2], None)
    tk.XSetIOErrorHandler(_kept[-1])                               # the display reports it instead
    return True
