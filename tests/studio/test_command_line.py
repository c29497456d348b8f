"""`cutaway studio`: starts its own server, prints the address, ends with Ctrl-C; wrong input is one message."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from cutaway.cli.main import main


def test_it_serves_until_ctrl_c_and_keeps_the_session(tmp_path):
    # A shell that starts something in the background has it ignore Ctrl-C; here it is to hear it.
    begin = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code = (
        begin
        + "from cutaway.cli.main import main; sys.exit(main(['studio', '--no-browser', '--json', '--rung', 'layer', "
        f"'--save', {str(tmp_path / 'kept.html')!r}]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as begun:
        try:
            address = json.loads(begun.stdout.readline())["address"]
            with urllib.request.urlopen(address, timeout=20) as page:
                assert page.status == 200
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(address.split("?")[0], timeout=20)
            os.kill(begun.pid, signal.SIGINT)
            _, said = begun.communicate(timeout=30)
        finally:
            begun.kill()
    assert begun.returncode == 0  # it is the way to end it
    assert not said
    assert 'id="cutaway-session"' in (tmp_path / "kept.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rung", "sky"], "no rung 'sky'"),
        (["--target", "y"], "--target is for a table"),
        (["nowhere"], "there is no such run"),
        (["{table}"], "--target"),
        (["{table}", "--target", "c"], "no column 'c'"),
        (["{table}", "--target", "b", "--rung", "line"], "--rung is for the ladder"),
        (["--port", "70000"], "--port is 70000"),
        (["--save", "kept.txt"], "--save is kept.txt"),
        (["--save", "/nowhere/kept.html"], "there is no folder /nowhere"),
    ],
)
def test_wrong_input_is_one_message(arguments, said, tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("a,b\n" + "".join(f"{i},{i % 3}\n" for i in range(30)))
    assert main(["studio", "--no-browser", *(each.format(table=table) for each in arguments)]) == 2
    found = capsys.readouterr()
    assert said in found.err
    assert found.err.count("\n") == 1
    assert not found.out
