"""Diagnosis: why a network does not learn, found in records, proved by experiment, silent where all is well."""
