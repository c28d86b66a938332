"""Servers that a job starts beside its work: a module for each, which adds its role to a job.

A new one is that module, and the schema and the plan of each command that uses it: the schema has the keys
that ask for it, and the plan passes its job through the module.
"""
