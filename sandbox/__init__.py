"""The strangers of the demo: small stand-ins for 1C and an SMS gateway. They import nothing of the hub."""
