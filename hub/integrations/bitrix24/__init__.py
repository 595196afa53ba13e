"""Bitrix24: who an employee of the portal is, and whether they still work there."""
