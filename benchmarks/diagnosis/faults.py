"""All faults, in the causal order of what they break."""

from __future__ import annotations

from benchmarks.diagnosis import faults_of_data, faults_of_heads, faults_of_networks, faults_of_steps
from benchmarks.diagnosis.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *faults_of_data.FAULTS,
    *faults_of_heads.FAULTS,
    *faults_of_networks.FAULTS,
    *faults_of_steps.FAULTS,
)
BY_NAME = {fault.name: fault for fault in FAULTS}
