"""The hub: floors from kernel (pure) up to flows (stories); doors (api, workers, schedules) stand outside.

kernel → contracts → db → taskqueue → inbox | outbox | idempotency | audit → domain ∥ integrations → flows.
Imports go down only; `lint-imports` is the judge.
"""
