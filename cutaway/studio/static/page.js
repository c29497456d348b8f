import { open } from "./studio.js";

open(document.body);
