"""Shuts a process in, so that foreign code in it reaches nothing: Landlock, seccomp, prctl.

Linux only, in pure Python over ctypes. ``walls`` puts the walls up, ``allowedcalls`` lists the
system calls that stay allowed and says how to add one.
"""
