"""Carries out actions by calls to Telegram."""
