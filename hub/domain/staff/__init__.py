"""Staff and services: who may call the hub, proven how, allowed what."""
