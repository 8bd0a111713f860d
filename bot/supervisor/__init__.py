"""Watches over the working process and restarts it if it hangs."""
