"""Ctrl-C raises here as it does at a prompt: a shell that starts tests in the background has them ignore it."""

import signal
import threading

if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
