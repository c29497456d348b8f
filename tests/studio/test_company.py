"""Who looks at one session is told of the others, and hears nothing of it while alone."""

import time

from cutaway.studio.client import Client
from cutaway.studio.opening import open_rung
from cutaway.studio.session import Session


def test_each_page_is_told_how_many_look():
    session, told = Session(*open_rung("line")), {"one": [], "two": []}

    def hears(name):
        return lambda content, buffers: told[name].append(content)

    one = Client(session, hears("one"))
    assert not told["one"]
    two = Client(session, hears("two"))
    expected = [{"push": "company", "clients": 2}]
    assert told == {"one": expected, "two": expected}
    two.close()
    assert told["one"][1:] == [{"push": "company", "clients": 1}]
    two.close()  # a second time nothing is left to say
    time.sleep(0.05)
    assert len(told["one"]) == 2
    one.close()
    session.close()
