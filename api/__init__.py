"""The HTTP door: parse, authorise, call one flow or query inside one transaction, answer.

Every route names who may call it (api.access); errors become problems in api.problems alone.
"""
