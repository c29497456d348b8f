"""Each core that may be used is a device, unless the person, or an earlier use of JAX, has said how many there are."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("jax")

ENGINE = "from cutaway.backends import backend_named; backend_named('xla'); import jax; print(len(jax.devices('cpu')))"


@pytest.mark.parametrize(
    ("before", "environment", "expected"),
    [
        ("import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})", {}, 1),
        ("", {"JAX_NUM_CPU_DEVICES": "3"}, 3),
        ("", {"XLA_FLAGS": "--xla_force_host_platform_device_count=5"}, 5),
        ("import jax; jax.config.update('jax_num_cpu_devices', 4)", {}, 4),
    ],
    ids=["one core", "JAX_NUM_CPU_DEVICES", "XLA_FLAGS", "config"],
)
def test_how_many_devices_there_are(before, environment, expected):
    if "setaffinity" in before and not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not say which cores a process may use")
    usual = {name: value for name, value in os.environ.items() if name not in ("JAX_NUM_CPU_DEVICES", "XLA_FLAGS")}
    answer = subprocess.run(
        [sys.executable, "-c", f"{before}\n{ENGINE}"], capture_output=True, text=True, check=True,
        env={**usual, "JAX_PLATFORMS": "cpu", **environment},
    )  # fmt: skip
    assert int(answer.stdout) == expected
