// A session that was kept as a file: where the page holds one, it is replayed; the studio's own page and a notebook hold none.

import { keptModel, messages, type Held, type Moment } from "./kept";
import { start } from "./widget";

const text = document.getElementById("cutaway-session")?.textContent;
if (text) void messages(text).then(([held, ...moments]) => start(keptModel(held as Held, moments as Moment[]), document.body).line("open"));
