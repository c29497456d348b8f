// The report: where the page holds the records of a run, they are drawn; of the studio's page and a notebook's there are none.

import { mount } from "svelte";
import Report from "./report/Report.svelte";
import type { Told } from "./report/told";

const held = document.getElementById("cutaway-report");
if (held?.textContent) mount(Report, { target: document.body, props: { told: JSON.parse(held.textContent) as Told } });
