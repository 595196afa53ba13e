"""Clinics: the places, their time zones, and the 1C infobases that speak about them."""
