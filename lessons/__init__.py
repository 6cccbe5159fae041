"""Lessons: each is a script that runs alone, from anywhere, e.g. python lessons/00_tour.py."""
