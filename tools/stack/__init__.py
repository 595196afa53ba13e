"""The whole hub on one desk: real servers out of wheels, every process, one foreground tree."""
