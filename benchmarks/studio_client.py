"""A page without a browser, in a process of its own: how long an edit takes to its reply, and to its frame.

`python -m benchmarks studio` runs it as `python -m benchmarks.studio_client PORT TOKEN EDITS`; it prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from websockets.asyncio.client import connect

from cutaway.studio.protocol import as_frame, from_frame, unpacked

WATCHED = {"forward": True, "weights": True, "boundary": {"points": 40}}
PAUSE = 0.05  # seconds between edits, as a hand moves
WAITS = 20.0  # seconds that an answer may take


async def edited(port: int, token: str, edits: int) -> dict[str, list[float]]:
    """Change one weight so many times, and return the milliseconds to each reply and to the frame that shows it."""
    replies, frames = [], []
    async with connect(f"ws://127.0.0.1:{port}/socket?token={token}", max_size=None, proxy=None) as line:

        async def receive() -> dict[str, Any]:
            told: dict[str, Any] = unpacked(*from_frame(await asyncio.wait_for(line.recv(), WAITS)))
            if told.get("push") == "frame":
                await line.send(as_frame({"do": "ack", "frame": told["frame"]}, []))
            return told

        await line.send(as_frame({"id": 1, "revision": 0, "do": "watch", "views": WATCHED}, []))
        for number in range(edits):
            await asyncio.sleep(PAUSE)
            asked = {"id": number + 2, "revision": number + 1, "do": "edit", "path": "6.weight", "index": [2, 0],
                     "value": 0.01 * number, "more": number > 0}  # fmt: skip
            began, replied, framed = time.perf_counter(), False, False
            await line.send(as_frame(asked, []))
            while not (replied and framed):
                told = await receive()
                if told.get("id") == number + 2:
                    replies.append(1000 * (time.perf_counter() - began))
                    replied = True
                elif told.get("push") == "frame" and told["revision"] >= number + 1:
                    frames.append(1000 * (time.perf_counter() - began))
                    framed = True
    return {"reply": sorted(replies), "frame": sorted(frames)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(edited(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))))
