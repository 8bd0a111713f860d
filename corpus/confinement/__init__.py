"""Confines a process so that foreign code in it reaches nothing, with Landlock, seccomp and prctl.

It works on Linux only, in pure Python over ctypes. ``walls`` puts the walls up. ``allowedcalls``
lists the system calls that stay allowed and says how to add one.
"""
