"""Approvals: what one person asks for another one decides, and neither gains by it."""
