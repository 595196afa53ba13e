"""Pure ground floor: time, ids, money, phones, errors, settings, logging, cryptography.

Knows no database and no network.
"""
