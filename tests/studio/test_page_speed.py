"""From the hand to the screen: milliseconds between a pointer's move and the painted page that shows what it did."""

from __future__ import annotations

from tests.studio.opened import browser, opened
from tests.studio.test_page_hand import middle

WATCH = """() => {
    window.spent = [];
    let began = null;
    const gear = document.querySelector('[data-weight="4.weight[2,0]"]');
    gear.addEventListener("pointermove", () => { began ??= performance.now(); }, true);
    const painted = (then) => requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = then;
        after.port2.postMessage(0);
    });
    new MutationObserver(() => {
        if (began === null) return;
        const begin = began;
        began = null;
        painted(() => window.spent.push(performance.now() - begin));
    }).observe(document.getElementById("gear-3-0--2"), {attributes: true, attributeFilter: ["aria-label"]});
}"""


def test_a_drag_is_answered_at_once():
    """On two quiet cores 95 of 100 take less than 50 ms; the bounds leave room for cores that others use, too."""
    with browser() as running, opened(running) as found:
        found.page.evaluate(WATCH)
        x, y = middle(found, "4.weight", 2, 0)
        found.page.mouse.move(x, y)
        found.page.mouse.down()
        for move in range(60):
            found.page.mouse.move(x, y - 5 - 1.3 * move)
            found.page.wait_for_timeout(50)
        found.page.mouse.up()
        spent = sorted(found.page.evaluate("window.spent"))
    assert len(spent) >= 50
    assert spent[len(spent) // 2] <= 60
    assert spent[int(0.95 * len(spent))] <= 150
