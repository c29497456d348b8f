from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def shared():
    """A function from the name of a real data set to its path; the test is skipped where there is none."""

    def path(name: str) -> Path:
        place = SHARED / name
        if not place.is_file():
            pytest.skip(f"{name} is not beside the project")
        return place

    return path


@pytest.fixture
def written(tmp_path):
    """A function that writes bytes or text to a file of a given name and returns its path."""

    def write(content: bytes | str, name: str = "table.csv") -> Path:
        place = tmp_path / name
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return place

    return write
