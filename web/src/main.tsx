// Starts the portal.
import { render } from "preact";
import { loadCapabilities } from "./api/capabilities.ts";
import { Shell } from "./shell/Shell.tsx";
import { listenForKeys } from "./shell/keys.ts";

listenForKeys();
void loadCapabilities();
const place = document.getElementById("app");
if (place) render(<Shell />, place);
