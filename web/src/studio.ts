// The one file that is built: what starts the page, and the notebook widget.

import "./base.css";
import "./replay";
import "./report";
import { render } from "./widget";

export { open } from "./page";
export { render };
export default { render };
